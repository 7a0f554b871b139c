package undelete

import (
	"context"
	"crypto/rand"
	"fmt"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/backend"
	"popbridge/proxy/upstream/imapbox"
	"popbridge/translate"
)

// group brings back lines of one action in one mailbox. An error is one for each
// of them that has none of its own.
func (r *Restorer) group(ctx context.Context, lines []*Line) error {
	action := lines[0].Action
	if action.Gone() {
		return imapbox.ErrExpunged
	}
	req, err := r.request(lines[0])
	if err != nil {
		return err
	}
	m, err := r.open(ctx, req)
	if err != nil {
		return err
	}
	defer func() { _ = m.Close() }() // what was done is confirmed by now
	found, places, err := find(ctx, m, lines)
	if err != nil || len(found) == 0 {
		return err
	}
	if r.DryRun {
		for i, l := range found {
			l.Result = "would be " + outcomeText(action, places[i], translate.Place{})
		}
		return nil
	}
	if action.Stays() {
		if err := r.renew(ctx, found, places); err != nil {
			return err
		}
	}
	went, err := m.BringBack(ctx, action, places)
	if err != nil {
		return err
	}
	return r.note(ctx, req, found, places, went)
}

// find gives the lines whose messages were found, with where they lie.
func find(ctx context.Context, m *imapbox.Mailbox, lines []*Line) (found []*Line, places []translate.Place, err error) {
	deletions := make([]translate.Deletion, len(lines))
	for i, l := range lines {
		deletions[i] = l.Deletion
	}
	traces, err := m.Find(ctx, deletions)
	if err != nil {
		return nil, nil, err
	}
	for i, t := range traces {
		if t.Err != nil {
			lines[i].fail(t.Err)
			continue
		}
		found, places = append(found, lines[i]), append(places, t.Place)
	}
	return found, places, nil
}

// renew gives messages that have stayed in the mailbox new unique-ids. They have
// to be the ledger's own UIDs: where the mailbox was rebuilt since its last login
// a device has to come first.
func (r *Restorer) renew(ctx context.Context, lines []*Line, places []translate.Place) error {
	done := make(map[imap.UID]bool)
	for i, p := range places {
		if done[p.UID] {
			continue // several devices have hidden it
		}
		if err := r.pin(ctx, lines[i].Page, p); err != nil {
			return err
		}
		done[p.UID] = true
	}
	return nil
}

func (r *Restorer) pin(ctx context.Context, maildrop string, p translate.Place) error {
	return r.Store.PinNew(ctx, r.Account, maildrop, p.UIDValidity, p.UID, "restored."+rand.Text())
}

// note shows hidden messages again and writes into the journal what was done.
func (r *Restorer) note(ctx context.Context, req backend.Request, lines []*Line, places []translate.Place, went translate.Outcome) error {
	numbers := make([]int64, 0, len(lines))
	for i, l := range lines {
		now, _ := went.Place(places[i].UID)
		l.Result = outcomeText(l.Action, places[i], now)
		switch {
		case !l.Action.Touches(): // the ledger alone has kept it from the device
			if _, err := r.Store.Unhide(ctx, r.Account, l.Page, l.Device, places[i].UIDValidity, []imap.UID{places[i].UID}); err != nil {
				l.fail(err)
				continue
			}
		case now.UID != 0 && req.Maildrop.UniqueID.NeedsGmailID():
			// Gmail's number stays with the message wherever it is moved.
			if err := r.pin(ctx, l.Page, now); err != nil {
				l.Result += fmt.Sprintf("; but it keeps its old unique-id: %v", err)
			}
		}
		numbers = append(numbers, l.Line)
	}
	if err := r.Store.MarkRestored(ctx, numbers...); err != nil {
		return fmt.Errorf("it is back, but the journal cannot note it: %w", err)
	}
	return nil
}

// outcomeText says what undoing an action does to a message.
func outcomeText(action translate.OnDelete, from, now translate.Place) string {
	switch {
	case action.Stays() && action.Touches():
		return fmt.Sprintf("shown to every device again (UID %d), with a new unique-id", from.UID)
	case action.Stays():
		return fmt.Sprintf("shown to this device again (UID %d), with a new unique-id for all", from.UID)
	}
	text := fmt.Sprintf("moved back from %s, UID %d", imapbox.MailboxName(from.Mailbox), from.UID)
	if now.UID != 0 {
		text += fmt.Sprintf(", to %s, UID %d", imapbox.MailboxName(now.Mailbox), now.UID)
	}
	return text
}
