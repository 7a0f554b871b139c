package proxy

import (
	"context"
	"time"

	"popbridge/translate"
)

// secondLooks are the pauses before a mailbox that seems to be set back is looked
// at again: as long as its UIDNEXT may be that of a replica which lags behind, or
// the ledger has been brought further meanwhile, nothing is forgotten.
func secondLooks() []time.Duration {
	return []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second}
}

// look lists the mailbox, after what is remembered of it was read: only what was
// asked for later can tell that a mailbox was set back. That is believed when
// other connections have shown it too.
func (s *session) look(ctx context.Context, o *open) (before, now translate.Listing, err error) {
	for _, pause := range secondLooks() {
		before = o.page.Listing()
		if now, err = o.mailbox.List(ctx, before); err != nil || !translate.SetBack(before, now) {
			return before, now, err
		}
		s.log.Debug("the mailbox seems to be set back; it is looked at again", "uidnext", now.UIDNext, "before", before.UIDNext)
		if err := rest(ctx, pause); err != nil {
			return before, now, err
		}
		if err := s.lookAgain(o); err != nil {
			return before, now, err
		}
	}
	before = o.page.Listing()
	if now, err = o.mailbox.List(ctx, before); err != nil || !translate.SetBack(before, now) {
		return before, now, err
	}
	if err := o.page.SetBack(now); err != nil {
		return before, now, temporary(err)
	}
	s.log.Error("the mailbox was set back, as by restoring a backup: its UIDs are given anew. Mail that comes from now on gets unique-ids of its own",
		"account", o.Account, "upstream", o.Upstream.Name, "uidnext", now.UIDNext, "before", before.UIDNext)
	return before, now, nil
}

// compare gives the mailbox as it was remembered and as it is, and what is
// remembered of it.
func (s *session) compare(ctx context.Context, o *open) (before, now translate.Listing, known translate.Known, err error) {
	if before, now, err = s.look(ctx, o); err == nil {
		known, err = o.page.Known(now.UIDValidity)
		err = temporary(err)
	}
	return before, now, known, err
}

// compareAnew is compare with a look that is newer than all that was read before.
func (s *session) compareAnew(ctx context.Context, o *open) (before, now translate.Listing, known translate.Known, err error) {
	if err = s.lookAgain(o); err != nil {
		return before, now, known, err
	}
	return s.compare(ctx, o)
}

// lookAgain has the next look at the mailbox be newer than the next at the ledger.
func (s *session) lookAgain(o *open) error {
	o.mailbox.Doubt()
	return temporary(o.page.Refresh())
}

// rest waits, unless the login's time is over before.
func rest(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return translate.Temporary(ctx.Err())
	}
}
