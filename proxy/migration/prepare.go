package migration

import (
	"context"
	"fmt"
	"slices"

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
	had := 0
	if to.Protocol == configs.ProtocolIMAP {
		if fresh, pairs, had, err = s.rematch(ctx, a, m, o.take()); err != nil {
			return fmt.Errorf("matching: %w", err)
		}
	} else {
		if had, err = s.had(ctx, a, m.From); err != nil {
			return err
		}
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
	if err := holdsEnough(has, had, o, *m); err != nil {
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
// when it was matched before is among them too. had is how many the old one shows. An old
// server that is dead by now is no reason to keep an account there: then what is
// remembered of it has to do.
func (s *Site) rematch(ctx context.Context, a Account, m *Moved, how Take) (fresh []translate.Inventory, pairs map[spot]spot, had int, err error) {
	old, err := s.shelfFrom(ctx, m.From, a)
	if err != nil {
		return nil, nil, 0, err
	}
	err = old.list(ctx, false)
	old.close()
	if err != nil && old.len() > 0 && ctx.Err() == nil {
		m.Remarks = append(m.Remarks, fmt.Sprintf("upstream %q could not be looked into, so it was matched as remembered: %v", m.From, translate.Cause(err)))
	} else if err != nil {
		return nil, nil, 0, err
	}
	for _, b := range old.parts {
		had += seen(b.inventory.Listing)
	}
	_, mappings, err := s.match(ctx, m.From, m.To, a, how)
	if err != nil {
		return nil, nil, 0, err
	}
	pairs = make(map[spot]spot)
	for _, kept := range mappings {
		for _, c := range []translate.Mapping{kept.before, kept.now} {
			for _, p := range c.Pairs {
				pairs[spot{kept.now.Old.Mailbox, c.OldValidity, p.Old}] = spot{kept.now.New.Mailbox, c.NewValidity, p.New}
			}
		}
		if slices.ContainsFunc(fresh, func(i translate.Inventory) bool { return i.Box == kept.now.New }) {
			continue
		}
		inventory, err := s.Ledger.Mailboxes.LoadInventory(ctx, kept.now.New)
		if err != nil {
			return nil, nil, 0, err
		}
		fresh = append(fresh, inventory)
	}
	return fresh, pairs, had, nil
}

// holdsEnough refuses a mailbox that cannot be the copy: devices would take what
// is missing for deleted. has is how many messages it holds, had how many are known.
func holdsEnough(has, had int, o Order, m Moved) error {
	switch {
	case o.Force:
	case has == 0 && had > 0:
		return fmt.Errorf("the mailbox on %q is empty, and %d messages are known on %q; copy the mail first, or check that the right server is named; --force moves it all the same", m.To, had, m.From)
	case has < had && o.To != "": // on the way back, mail has come since that only the new mailbox has
		return fmt.Errorf("the mailbox on %q holds %d messages, and %d are known on %q; copy the mail again; --force moves it all the same", m.To, has, had, m.From)
	}
	return nil
}

// had is how many messages are known in the first mailbox that an account is shown.
func (s *Site) had(ctx context.Context, a Account, upstream string) (int, error) {
	known, err := s.remembered(ctx, upstream, a)
	if err != nil {
		return 0, err
	}
	return seen(known.inventory.Listing), nil
}

// seen counts the messages that devices may see.
func seen(l translate.Listing) (n int) {
	for _, e := range l.Entries {
		if e.Flags.Shown() {
			n++
		}
	}
	return n
}
