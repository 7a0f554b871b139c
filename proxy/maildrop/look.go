package maildrop

import (
	"context"
	"time"

	"popbridge/proxy/backend"
	"popbridge/translate"
)

// secondLooks are the pauses before a mailbox that seems to be rolled back is looked
// at again: as long as its UIDNEXT may be that of a replica which lags behind, or
// the ledger has been brought further meanwhile, nothing is forgotten.
func secondLooks() []time.Duration {
	return []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second}
}

// look lists the mailbox, after what is remembered of it was read: only what was
// asked for later can tell that a mailbox was rolled back. That is believed when
// other connections have shown it too.
func (m *part) look(ctx context.Context) (before, now translate.Listing, err error) {
	for _, pause := range secondLooks() {
		before = m.page.Listing()
		if now, err = m.Mailbox.List(ctx, before); err != nil || !translate.RolledBack(before, now) {
			return before, now, err
		}
		m.Log.Debug("the mailbox seems to be set back; it is looked at again", "uidnext", now.UIDNext, "before", before.UIDNext)
		if err := pauseFor(ctx, pause); err != nil {
			return before, now, err
		}
		if err := m.lookAgain(ctx); err != nil {
			return before, now, err
		}
	}
	before = m.page.Listing()
	if now, err = m.Mailbox.List(ctx, before); err != nil || !translate.RolledBack(before, now) {
		return before, now, err
	}
	if err := m.page.RollBack(ctx, now); err != nil {
		return before, now, temporary(err)
	}
	m.Log.Error("the mailbox was set back, as by restoring a backup: its UIDs are given anew. Mail that comes from now on gets unique-ids of its own",
		"account", m.Target.Account, "upstream", m.Target.Upstream.Name, "uidnext", now.UIDNext, "before", before.UIDNext)
	return before, now, nil
}

// compare gives the mailbox as it was remembered and as it is, and what is
// remembered of it.
func (m *part) compare(ctx context.Context) (before, now translate.Listing, known backend.State, err error) {
	if before, now, err = m.look(ctx); err == nil {
		known, err = m.page.Known(ctx, now.UIDValidity)
		err = temporary(err)
	}
	return before, now, known, err
}

// compareAnew is compare with a look that is newer than all that was read before.
func (m *part) compareAnew(ctx context.Context) (before, now translate.Listing, known backend.State, err error) {
	if err = m.lookAgain(ctx); err != nil {
		return before, now, known, err
	}
	return m.compare(ctx)
}

// lookAgain has the next look at the mailbox be newer than the next at the ledger.
func (m *part) lookAgain(ctx context.Context) error {
	m.Mailbox.Doubt()
	return temporary(m.page.Refresh(ctx))
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
