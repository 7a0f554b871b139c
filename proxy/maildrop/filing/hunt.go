package filing

import (
	"context"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/backend"
	"popbridge/proxy/maildrop/part"
	"popbridge/translate"
)

// follows is how often messages are followed that somebody goes on to file elsewhere
// while a QUIT deletes them.
const follows = 3

// hunt carries out a QUIT, and follows marked messages that somebody files from one of the
// shown mailboxes into another before they are deleted: the device would be shown again
// what it has heard +OK for.
type hunt struct {
	*Arrivals
	*translate.Merged
	page  backend.Page
	known []map[imap.UID]translate.Identity // what marked messages are recognised by, by part
	found map[place]quarry
	lost  []translate.Strayed // in none of the mailboxes any more
}

// quarry is a message under the place where it was found.
type quarry struct {
	translate.Strayed
	origin place // that devices know it at
}

// CarryOut does what a QUIT does in every mailbox, as it was noted; quits are by mailbox.
// left is how many marked messages stay, where there is an error.
func (a *Arrivals) CarryOut(ctx context.Context, drop *translate.Merged, page backend.Page, quits []part.Quit) (left int, err error) {
	h := &hunt{Arrivals: a, Merged: drop, page: page, found: make(map[place]quarry)}
	return h.run(ctx, quits)
}

func (h *hunt) run(ctx context.Context, quits []part.Quit) (left int, err error) {
	marked := h.Marked()
	if err := h.begin(ctx, quits); err != nil {
		part.TellAll(h.parts, quits, backend.ResultRefused, err)
		return marked, err
	}
	for n := 0; ; n++ {
		more, stay, cerr := h.carryOut(ctx, quits)
		left, err = left+stay, cerr
		if err != nil || n == follows {
			h.giveUp(more)
			part.TellAll(h.parts, more, backend.ResultGone, nil)
			break
		}
		if quits = more; more == nil {
			break
		}
	}
	lost, cerr := h.conclude(ctx)
	if left += lost; err == nil {
		err = cerr
	}
	if err != nil && left == 0 {
		return marked, err
	}
	return min(left, marked), err
}

// carryOut does what is to be done in every mailbox, and records it. stay is how many
// messages are left of it where there is an error: what was written down and not begun
// is settled by the next login. more is what is to be done for messages that were filed
// elsewhere meanwhile, nil for nothing.
func (h *hunt) carryOut(ctx context.Context, quits []part.Quit) (more []part.Quit, stay int, err error) {
	for i := range quits {
		stay += quits[i].Plan.Deletes
	}
	if err := h.intending(quits); err != nil {
		part.TellAll(h.parts, quits, backend.ResultRefused, err)
		return nil, stay, err
	}
	if err := h.intend(ctx, quits); err != nil {
		part.TellAll(h.parts, quits, backend.ResultUnknown, err)
		return nil, stay, err
	}
	done := 0
	for i, p := range h.parts {
		if err = p.Apply(ctx, &quits[i]); err != nil {
			break
		}
		done++
	}
	for i, p := range h.parts[done:] {
		_ = p.Tell(quits[done+i].Deletions, backend.ResultUnknown, err)
	}
	if err == nil {
		more, err = h.after(ctx, quits)
	}
	for i, p := range h.parts[:done] {
		refused, serr := p.Settle(ctx, &quits[i])
		if serr == nil || refused > 0 {
			stay += refused - quits[i].Plan.Deletes
		}
		if err == nil {
			err = serr
		}
	}
	return more, stay, err
}

// begin adds to what a QUIT does the messages that have been filed elsewhere by now.
func (h *hunt) begin(ctx context.Context, quits []part.Quit) error {
	if h.several == nil {
		return nil
	}
	if err := h.recall(ctx, quits); err != nil {
		return err
	}
	gone := make([]imap.UIDSet, len(quits))
	for i := range quits {
		gone[i], quits[i].Gone = quits[i].Gone, nil
	}
	strayed, err := h.strayed(ctx, gone, false)
	if err != nil || len(strayed) == 0 {
		return err
	}
	if !h.Target.Maildrop.OnDelete.Touches() {
		// The ledger hides them wherever they come up, if it knows what they are.
		for _, s := range strayed {
			if s.Known.Key == (translate.ContentKey{}) {
				h.lost = append(h.lost, s)
			}
		}
		return nil
	}
	more, _, err := h.follow(ctx, strayed)
	for i := range more {
		if len(more[i].Marks) > 0 {
			quits[i].UIDValidity = more[i].UIDValidity
			quits[i].Intent = quits[i].And(more[i].Intent)
		}
		quits[i].Gone = more[i].Gone
	}
	return err
}

// after follows what was not there when it was to be deleted, or may not have been. What
// turns out to lie elsewhere was not deleted where it was.
func (h *hunt) after(ctx context.Context, quits []part.Quit) (more []part.Quit, err error) {
	if h.several == nil || !h.Target.Maildrop.OnDelete.Touches() {
		return nil, nil
	}
	missed, doubtful := make([]imap.UIDSet, len(quits)), make([]imap.UIDSet, len(quits))
	for i, q := range quits {
		missed[i].AddSet(q.Gone)
		missed[i].AddSet(q.Outcome.Missed())
		doubtful[i] = q.Outcome.Doubtful(q.Marked())
	}
	strayed, err := h.strayed(ctx, missed, false)
	if err != nil {
		return nil, err
	}
	maybe, err := h.strayed(ctx, doubtful, true)
	if strayed = append(strayed, maybe...); err != nil || len(strayed) == 0 {
		return nil, err
	}
	more, found, err := h.follow(ctx, strayed)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	for _, f := range found {
		quits[f.Was.Mailbox].Outcome.Miss(imap.UIDSetNum(f.Was.UID))
	}
	return more, nil
}

// place is a message in one of the mailboxes.
type place struct {
	mailbox int
	uid     imap.UID
}
