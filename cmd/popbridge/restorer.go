package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/netip"

	"github.com/emersion/go-imap/v2"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/ledger"
	"popbridge/proxy/upstream"
	"popbridge/translate"
)

// restorer brings messages back. What it does in each mailbox is in an order in
// which a cut does no harm: a new unique-id before a message shows again, and the
// journal last, so that a second attempt finds what the first has left.
type restorer struct {
	cfg      *configs.Config
	store    *ledger.Store
	pool     *upstream.Pool
	account  string
	login    string // instead of the account's own, empty for none
	password configs.Secret
	dryRun   bool
	unopened []unopened // mailboxes whose messages are out of reach
}

// loopback is where commands log in from.
var loopback = netip.IPv6Loopback()

// group brings back lines of one action in one mailbox. An error is one for each
// of them that has none of its own.
func (r *restorer) group(ctx context.Context, lines []*line) error {
	action := lines[0].Action
	if action == translate.DeleteExpunge {
		return upstream.ErrExpunged
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
	if r.dryRun {
		for i, l := range found {
			l.result = "would be " + outcomeText(action, places[i], translate.Place{})
		}
		return nil
	}
	if action == translate.DeleteFlag || action == translate.DeleteHide {
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
func find(ctx context.Context, m *upstream.Mailbox, lines []*line) (found []*line, places []translate.Place, err error) {
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
func (r *restorer) renew(ctx context.Context, lines []*line, places []translate.Place) error {
	done := make(map[imap.UID]bool)
	for i, p := range places {
		if done[p.UID] {
			continue // several devices have hidden it
		}
		if err := r.pin(ctx, lines[i].Maildrop, p); err != nil {
			return err
		}
		done[p.UID] = true
	}
	return nil
}

func (r *restorer) pin(ctx context.Context, maildrop string, p translate.Place) error {
	return r.store.PinNew(ctx, r.account, maildrop, p.UIDValidity, p.UID, "restored."+rand.Text())
}

// note shows hidden messages again and writes into the journal what was done.
func (r *restorer) note(ctx context.Context, req backend.Request, lines []*line, places []translate.Place, went translate.Outcome) error {
	numbers := make([]int64, 0, len(lines))
	for i, l := range lines {
		now, _ := went.Place(places[i].UID)
		l.result = outcomeText(l.Action, places[i], now)
		switch {
		case l.Action == translate.DeleteHide:
			if _, err := r.store.Unhide(ctx, r.account, l.Maildrop, l.Device, places[i].UIDValidity, []imap.UID{places[i].UID}); err != nil {
				l.fail(err)
				continue
			}
		case now.UID != 0 && req.Maildrop.UniqueID.NeedsGmailID():
			// Gmail's number stays with the message wherever it is moved.
			if err := r.pin(ctx, l.Maildrop, now); err != nil {
				l.result += fmt.Sprintf("; but it keeps its old unique-id: %v", err)
			}
		}
		numbers = append(numbers, l.Line)
	}
	if err := r.store.MarkRestored(ctx, numbers...); err != nil {
		return fmt.Errorf("it is back, but the journal cannot note it: %w", err)
	}
	return nil
}

// outcomeText says what undoing an action does to a message.
func outcomeText(action translate.OnDelete, from, now translate.Place) string {
	switch action {
	case translate.DeleteFlag:
		return fmt.Sprintf("shown to every device again (UID %d), with a new unique-id", from.UID)
	case translate.DeleteHide:
		return fmt.Sprintf("shown to this device again (UID %d), with a new unique-id for all", from.UID)
	}
	text := fmt.Sprintf("moved back from %s, UID %d", upstream.MailboxName(from.Mailbox), from.UID)
	if now.UID != 0 {
		text += fmt.Sprintf(", to %s, UID %d", upstream.MailboxName(now.Mailbox), now.UID)
	}
	return text
}
