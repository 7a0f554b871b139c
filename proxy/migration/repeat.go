package migration

import (
	"context"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/backend"
	"popbridge/proxy/ledger"
	"popbridge/proxy/ledger/progress"
	"popbridge/translate"
)

// spot is a message in a mailbox of an upstream and an account that are known from the
// context; the mailbox is as the ledger names it.
type spot struct {
	mailbox  string
	validity uint32
	uid      imap.UID
}

// deleted is what a device has had taken out of a mailbox, as the ledger names that.
type deleted struct {
	mailbox string
	translate.Deletion
}

// deletedAt is what devices have had taken out of the mailboxes that are left: since
// the account was moved there, or ever. What is in a mailbox still, hidden or
// flagged, and what an operator has brought back are left out.
func (s *Site) deletedAt(ctx context.Context, a Account, was progress.Move, m Moved) (gone []deleted, err error) {
	where, err := s.on(ctx, m.From, a.Name)
	if err != nil {
		return nil, err
	}
	box := where.Box()
	var since time.Time
	if was.Upstream == m.From {
		since = was.At
	}
	entries, err := s.Ledger.Deletions(ctx, a.Name, ledger.Filter{Since: since})
	for _, e := range entries {
		there := e.Upstream == box.Upstream && e.Login == box.Login && (e.Mailbox == box.Mailbox || where.Maildrop.Mailbox.Several())
		if there && e.Restored.IsZero() && !e.Action.Stays() {
			gone = append(gone, deleted{e.Mailbox, e.Deletion})
		}
	}
	return gone, err
}

// hideDeleted keeps messages of an old POP3 server from devices that have deleted
// them while the account was elsewhere. They stay on the server.
func (s *Site) hideDeleted(ctx context.Context, old translate.Inventory, gone []deleted) (hidden int, err error) {
	if len(gone) == 0 {
		return 0, nil
	}
	ids := make(map[string]bool, len(gone))
	for _, d := range gone {
		ids[d.UniqueID] = true
	}
	listing := old.Listing
	listing.Entries = slices.Clone(listing.Entries)
	for i, e := range listing.Entries {
		if ids[e.UniqueID] && e.Flags&translate.FlagPOP3Deleted == 0 {
			listing.Entries[i].Flags |= translate.FlagPOP3Deleted
			hidden++
		}
	}
	if hidden == 0 {
		return 0, nil
	}
	_, err = s.Ledger.Mailboxes.SaveInventory(ctx, old, translate.MailboxFacts{UIDValidity: listing.UIDValidity, Listing: &listing})
	return hidden, err
}

// repeat deletes on an IMAP upstream what devices have deleted on the server that
// is left, after it was copied: as the maildrop there says. A copy is known by its
// pair alone, in whichever of the shown mailboxes it lies.
func (s *Site) repeat(ctx context.Context, a Account, upstream string, fresh []translate.Inventory, gone []deleted, pairs map[spot]spot) (repeated int, err error) {
	wanted := make(map[spot]bool)
	for _, d := range gone {
		if copied, ok := pairs[spot{d.mailbox, d.UIDValidity, d.UID}]; ok {
			wanted[copied] = true
		}
	}
	if len(wanted) == 0 {
		return 0, nil
	}
	d, err := s.on(ctx, upstream, a.Name)
	if err != nil {
		return 0, err
	}
	if !d.Maildrop.OnDelete.Touches() {
		return 0, nil // nothing was to be deleted there for good
	}
	mailbox, err := s.open(ctx, d, a, backend.Once)
	if err != nil {
		return 0, err
	}
	defer func() { _ = mailbox.Close() }() // what was done is confirmed by now
	for _, shown := range shownBy(mailbox, d) {
		for _, known := range fresh {
			if known.Box.Mailbox != shown.Name {
				continue
			}
			n, err := repeatIn(ctx, shown, known.Listing, wanted, d.Maildrop.Policy())
			if repeated += n; err != nil {
				return repeated, err
			}
		}
	}
	return repeated, nil
}

// repeatIn is repeat in one mailbox.
func repeatIn(ctx context.Context, mailbox backend.Shown, listing translate.Listing, wanted map[spot]bool, policy translate.Policy) (int, error) {
	now, err := mailbox.List(ctx, listing)
	if err != nil {
		return 0, err
	}
	policy.MaxMessages = 0 // what was deleted is deleted, though no device would be shown it any more
	drop, err := translate.NewMaildrop(now, translate.Known{UIDValidity: now.UIDValidity}, policy)
	if err != nil {
		return 0, err
	}
	repeated := 0
	for msg := range drop.Messages {
		if wanted[spot{mailbox.Name, now.UIDValidity, msg.UID}] {
			repeated++
			if err := drop.Delete(msg.Number); err != nil {
				return 0, err
			}
		}
	}
	if repeated == 0 {
		return 0, nil
	}
	ops, err := mailbox.Prepare(ctx, drop.Plan(mailbox.Server()).Ops)
	if err != nil {
		return 0, err
	}
	outcome, err := mailbox.Apply(ctx, ops)
	if err == nil {
		_, err = outcome.Refused()
	}
	return repeated, err
}
