package migration

import (
	"context"
	"fmt"

	"popbridge/configs"
	"popbridge/proxy/ledger/progress"
	"popbridge/translate"
)

// take says what a move may put in the place of what is remembered.
func (o Order) take() Take {
	if o.Force {
		return Force
	}
	return Careful
}

// prepare does what has to be true before an account is moved: its messages are
// matched, the new mailbox is no less than is known, devices would not notice, and
// what they have deleted since the copy is deleted there too.
func (s *Site) prepare(ctx context.Context, a Account, was progress.Move, o Order, m *Moved) error {
	to := s.Config.Upstream[m.To]
	if s.blind(a, *m) {
		if !o.Force || o.RequireVerified {
			return errBlind
		}
		m.Remarks = append(m.Remarks, "nobody has looked into the mailboxes")
		return nil
	}
	gone, err := s.deletedAt(ctx, a, was, *m)
	if err != nil {
		return err
	}
	var pairs map[spot]spot
	var fresh []translate.Inventory
	if to.Protocol == configs.ProtocolIMAP {
		if fresh, pairs, err = s.rematch(ctx, a, m, o.take()); err != nil {
			return fmt.Errorf("matching: %w", err)
		}
	} else {
		listing, err := s.list(ctx, m.To, a)
		if err != nil {
			return err
		}
		fresh = append(fresh, listing)
	}
	has := 0
	for _, inventory := range fresh {
		has += len(inventory.Listing.Entries)
	}
	if err := s.holdsEnough(ctx, a, has, o, *m); err != nil {
		return err
	}
	back := to.Protocol == configs.ProtocolPOP3
	if back {
		// Also where it is not moved in the end: devices have deleted those messages.
		if m.Repeated, err = s.hideDeleted(ctx, fresh[0], gone); err != nil {
			return err
		}
	}
	if o.RequireVerified || o.Hold > 0 {
		v, err := s.compare(ctx, m.From, m.To, a, false, pairs)
		if err != nil {
			return fmt.Errorf("verifying: %w", err)
		}
		if m.Verdict = v.Verdict(); !v.Ready() && !o.Force {
			return notReady(m.Verdict)
		}
	}
	if back {
		return nil
	}
	m.Repeated, err = s.repeat(ctx, a, m.To, fresh, gone, pairs)
	return err
}

// blind reports whether the mailboxes cannot be opened for want of a password.
func (s *Site) blind(a Account, m Moved) bool {
	from, to := s.Config.Upstream[m.From], s.Config.Upstream[m.To]
	return a.Password.Empty() && (from.Auth.NeedsPassword() || to.Auth.NeedsPassword())
}

// notReady is why an account is not moved whose devices would notice.
func notReady(verdict string) error {
	return fmt.Errorf("%s; %q says which messages, and what to do; --force moves it all the same", verdict, "popbridge migrate verify")
}

// list lists an account's mailbox on an upstream as it is now, and remembers that.
func (s *Site) list(ctx context.Context, upstream string, a Account) (translate.Inventory, error) {
	b, err := s.remembered(ctx, upstream, a)
	if err != nil {
		return translate.Inventory{}, err
	}
	defer b.close()
	err = b.list(ctx)
	return b.inventory, err
}

// rematch matches an account as its mailboxes are now. It gives what the new one
// holds, and which old message is which new one: a message that the old server had
// when it was matched before is among them too. An old server that is dead by now is
// no reason to keep an account there: then what is remembered of it has to do.
func (s *Site) rematch(ctx context.Context, a Account, m *Moved, how Take) (fresh []translate.Inventory, pairs map[spot]spot, err error) {
	old, err := s.list(ctx, m.From, a)
	if err != nil && len(old.Listing.Entries) > 0 && ctx.Err() == nil {
		m.Remarks = append(m.Remarks, fmt.Sprintf("upstream %q could not be looked into, so it was matched as remembered: %v", m.From, translate.Cause(err)))
	} else if err != nil {
		return fresh, nil, err
	}
	_, mappings, err := s.match(ctx, m.From, m.To, a, how)
	if err != nil {
		return nil, nil, err
	}
	pairs = make(map[spot]spot)
	for _, kept := range mappings {
		for _, c := range []translate.Mapping{kept.before, kept.now} {
			for _, p := range c.Pairs {
				pairs[spot{validity: c.OldValidity, uid: p.Old}] = spot{kept.now.New.Mailbox, c.NewValidity, p.New}
			}
		}
		inventory, err := s.Ledger.Mailboxes.LoadInventory(ctx, kept.now.New)
		if err != nil {
			return nil, nil, err
		}
		fresh = append(fresh, inventory)
	}
	return fresh, pairs, nil
}

// holdsEnough refuses a mailbox that cannot be the copy: devices would take what
// is missing for deleted. has is how many messages it holds.
func (s *Site) holdsEnough(ctx context.Context, a Account, has int, o Order, m Moved) error {
	if o.Force {
		return nil
	}
	box, err := s.Where(ctx, m.From, a.Name)
	if err != nil {
		return err
	}
	known, err := s.Ledger.Mailboxes.LoadInventory(ctx, box)
	if err != nil {
		return err
	}
	had := 0
	for _, e := range known.Listing.Entries {
		if e.Flags.Shown() {
			had++
		}
	}
	switch {
	case has == 0 && had > 0:
		return fmt.Errorf("the mailbox on %q is empty, and %d messages are known on %q; copy the mail first, or check that the right server is named; --force moves it all the same", m.To, had, m.From)
	case has < had && o.To != "": // on the way back, mail has come since that only the new mailbox has
		return fmt.Errorf("the mailbox on %q holds %d messages, and %d are known on %q; copy the mail again; --force moves it all the same", m.To, has, had, m.From)
	}
	return nil
}
