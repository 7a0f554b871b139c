package part

import (
	"context"
	"time"

	"popbridge/proxy/backend"
	"popbridge/translate"
)

// doubt is what a look at a mailbox shows that would have something be forgotten. A
// replica behind a balancer may show it that lags, or is another one's copy.
type doubt uint8

const (
	undoubted  doubt = iota
	rolledBack       // UIDNEXT went back under one UIDVALIDITY
	renamed          // another UIDVALIDITY than what devices know was under
)

// secondLooks are the pauses before a mailbox in doubt is looked at again, each time on
// another connection: nothing is forgotten, and no message gets another unique-id, for
// what one of them shows. A replica takes a while to catch up with UIDNEXT; where the
// UIDVALIDITY is another copy's it helps to be led to another server, and not to wait.
func (d doubt) secondLooks() []time.Duration {
	if d == renamed {
		return []time.Duration{0, 300 * time.Millisecond}
	}
	return []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second}
}

// look lists the mailbox, after what is remembered of it was read: only what was
// asked for later can tell that a mailbox was rolled back, or has got another
// UIDVALIDITY. That is believed when other connections have shown it too.
func (m *Part) look(ctx context.Context) (before, now translate.Listing, err error) {
	for looks := 0; ; looks++ {
		before = m.Page.Listing()
		if now, err = m.Mailbox.List(ctx, before); err != nil {
			return before, now, err
		}
		doubted, err := m.doubts(ctx, before, now)
		if err != nil || doubted == undoubted {
			return before, now, err
		}
		pauses := doubted.secondLooks()
		if looks >= len(pauses) {
			return before, now, m.believe(ctx, doubted, before, now)
		}
		m.Log.Debug("the mailbox seems to be set back, or another one; it is looked at again", "uidvalidity", now.UIDValidity, "uidvalidity_before", before.UIDValidity,
			"uidnext", now.UIDNext, "before", before.UIDNext)
		if err := pauseFor(ctx, pauses[looks]); err != nil {
			return before, now, err
		}
		if err := m.LookAgain(ctx); err != nil {
			return before, now, err
		}
	}
}

// doubts says whether a listing would have something be forgotten. Another UIDVALIDITY
// does not where it is the one that the page holds for: somebody else has seen the other
// one, or the mailbox that devices know is back.
func (m *Part) doubts(ctx context.Context, before, now translate.Listing) (doubt, error) {
	switch {
	case translate.RolledBack(before, now):
		return rolledBack, nil
	case before.UIDValidity == 0 || before.UIDValidity == now.UIDValidity:
		return undoubted, nil
	}
	known, err := m.Page.Known(ctx, now.UIDValidity)
	if err != nil || len(known.Formats) > 0 {
		return undoubted, translate.Refused(err)
	}
	return renamed, nil
}

// believe forgets what a mailbox that was rolled back gives anew. What becomes of one
// under another UIDVALIDITY is found out by what its messages are, and said then but
// where it is one beside the maildrop's first.
func (m *Part) believe(ctx context.Context, d doubt, before, now translate.Listing) error {
	if d == renamed {
		if m.Beside {
			m.Log.Warn("a mailbox of the maildrop has another UIDVALIDITY; messages that are recognised keep their unique-ids", "account", m.Target.Account, "upstream", m.Target.Upstream.Name,
				"mailbox", m.Name, "uidvalidity", now.UIDValidity, "before", before.UIDValidity, "messages", len(now.Entries))
		}
		return nil
	}
	if err := m.Page.RollBack(ctx, now); err != nil {
		return translate.Refused(err)
	}
	m.Log.Error("the mailbox was set back, perhaps restored from a backup: its UIDs are assigned again. New mail gets unique-ids of its own",
		"account", m.Target.Account, "upstream", m.Target.Upstream.Name, "uidnext", now.UIDNext, "before", before.UIDNext)
	return nil
}

// compare gives the mailbox as it was remembered and as it is, and what is
// remembered of it.
func (m *Part) compare(ctx context.Context) (before, now translate.Listing, known backend.State, err error) {
	if before, now, err = m.look(ctx); err == nil {
		known, err = backend.KnownAs(ctx, m.Page, now)
		err = translate.Refused(err)
	}
	return before, now, known, err
}

// compareAnew is compare with a look that is newer than all that was read before.
func (m *Part) compareAnew(ctx context.Context) (before, now translate.Listing, known backend.State, err error) {
	if err = m.LookAgain(ctx); err != nil {
		return before, now, known, err
	}
	return m.compare(ctx)
}

// LookAgain has the next look at the mailbox be newer than the next at the ledger.
func (m *Part) LookAgain(ctx context.Context) error {
	m.Mailbox.Doubt()
	return translate.Refused(m.Page.Refresh(ctx))
}

// pauseFor waits, unless the login's time is over before.
func pauseFor(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return translate.Temporary(ctx.Err())
	}
}
