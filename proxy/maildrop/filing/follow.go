package filing

import (
	"context"
	"fmt"
	"slices"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/maildrop/part"
	"popbridge/translate"
)

// recall reads what marked messages are recognised by: it is forgotten when they are
// deleted.
func (h *hunt) recall(ctx context.Context, quits []part.Quit) error {
	h.known = make([]map[imap.UID]translate.Identity, len(h.parts))
	for i, p := range h.parts {
		uids := quits[i].Marked()
		uids.AddSet(quits[i].Gone)
		if len(uids) == 0 {
			continue
		}
		var err error
		if h.known[i], err = p.Page.Identities(ctx, translate.Members(uids)); err != nil {
			return translate.Refused(err)
		}
	}
	return nil
}

// strayed gives what is known of messages that are not where they were, but for those
// that another session has deleted. confirmed are those whose deletion the server has
// confirmed, and perhaps said so of nothing.
func (h *hunt) strayed(ctx context.Context, uids []imap.UIDSet, confirmed bool) (strayed []translate.Strayed, err error) {
	for i, p := range h.parts {
		if len(uids[i]) == 0 || confirmed {
			continue
		}
		taken, err := p.Page.Taken(ctx, p.Listing.UIDValidity, uids[i])
		if err != nil {
			return nil, translate.Refused(err)
		}
		uids[i] = translate.Subtract(uids[i], taken)
	}
	strayed = h.Strayed(uids)
	for i := range uids {
		for _, uid := range translate.Members(uids[i]) {
			if q, ok := h.found[place{i, uid}]; ok {
				strayed = append(strayed, q.Strayed)
			}
		}
	}
	for i := range strayed {
		s := &strayed[i]
		if s.Confirmed = confirmed; s.Known.Key == (translate.ContentKey{}) {
			s.Known = h.known[s.Mailbox][s.UID]
		}
	}
	return strayed, nil
}

// follow looks for messages, and gives what deletes those that it finds, by mailbox. What
// it does not find, and nobody has confirmed, is lost.
func (h *hunt) follow(ctx context.Context, strayed []translate.Strayed) (more []part.Quit, found []translate.Retraced, err error) {
	found, lost, err := h.retrace(ctx, strayed)
	if err != nil {
		return nil, nil, err
	}
	for _, s := range lost {
		if !s.Confirmed {
			h.lost = append(h.lost, s)
		}
	}
	more = make([]part.Quit, len(h.parts))
	for _, f := range found {
		at, origin := place{f.At.Mailbox, f.At.UID}, place{f.Was.Mailbox, f.Was.UID}
		if q, followed := h.found[origin]; followed {
			delete(h.found, origin)
			origin = q.origin
		}
		h.found[at] = quarry{f.Was.At(f.At), origin}
		q := &more[at.mailbox]
		q.Deletions = append(q.Deletions, translate.Deletion{
			UIDValidity: h.seen[at.mailbox].UIDValidity, UID: at.uid, UniqueID: f.Was.UniqueID, Octets: f.Was.Octets, Action: h.Target.Maildrop.OnDelete,
		})
		h.Log.Info("a marked message was filed elsewhere; it is deleted there", "account", h.Target.Account, "unique-id", f.Was.UniqueID,
			"from", h.parts[f.Was.Mailbox].Name, "to", h.parts[at.mailbox].Name)
	}
	for i, p := range h.parts {
		q := &more[i]
		if len(q.Deletions) == 0 {
			continue
		}
		var uids imap.UIDSet
		for _, d := range q.Deletions {
			uids.AddNum(d.UID)
		}
		q.UIDValidity, q.UIDNext = h.seen[i].UIDValidity, h.seen[i].UIDNext
		q.Plan = h.Target.Maildrop.Policy().Deletion(p.Mailbox.Server(), uids)
		if err := p.Note(ctx, q); err != nil {
			return nil, nil, err
		}
	}
	return more, found, nil
}

// retrace looks for messages until it has found all that were not confirmed to be deleted,
// or nothing comes any more: one may be moved from where is looked next to where was
// looked before, and from where it was seen.
func (h *hunt) retrace(ctx context.Context, strayed []translate.Strayed) (found []translate.Retraced, lost []translate.Strayed, err error) {
	lost = strayed
	for range relooks {
		before := len(h.come)
		if err := h.look(ctx); err != nil {
			return nil, nil, err
		}
		news := len(h.come) > before
		for again := true; again; {
			var some []translate.Retraced
			some, lost, h.come = translate.Retrace(lost, h.come)
			there, gone, err := h.still(ctx, some)
			if err != nil {
				return nil, nil, err
			}
			found, lost = append(found, there...), append(lost, gone...)
			again = len(gone) > 0
			news = news || again
		}
		sought := slices.ContainsFunc(lost, func(s translate.Strayed) bool { return !s.Confirmed })
		if !sought || !news {
			break
		}
	}
	return found, lost, nil
}

// still parts messages that lie where they were seen from those that have gone on.
func (h *hunt) still(ctx context.Context, found []translate.Retraced) (there []translate.Retraced, gone []translate.Strayed, err error) {
	at := make([]imap.UIDSet, len(h.parts))
	for _, f := range found {
		at[f.At.Mailbox].AddNum(f.At.UID)
	}
	held := make(map[place]bool)
	for i, uids := range at {
		err := h.parts[i].Mailbox.Identify(ctx, uids, func(d translate.Description) { held[place{i, d.UID}] = true })
		if err != nil {
			return nil, nil, err
		}
	}
	for _, f := range found {
		if held[place{f.At.Mailbox, f.At.UID}] {
			there = append(there, f)
		} else {
			gone = append(gone, f.Was)
		}
	}
	return there, gone, nil
}

// giveUp counts what somebody moves faster than it can be deleted among the lost.
func (h *hunt) giveUp(quits []part.Quit) {
	for i, q := range quits {
		uids := q.Marked()
		uids.AddSet(q.Gone)
		for _, uid := range translate.Members(uids) {
			h.lost = append(h.lost, h.found[place{i, uid}].Strayed)
		}
	}
}

// conclude forgets what those messages were that are deleted elsewhere, and gives how many
// may come back.
func (h *hunt) conclude(ctx context.Context) (lost int, err error) {
	for _, s := range h.lost {
		delete(h.found, place{s.Mailbox, s.UID})
		if s.Copied {
			continue // the maildrop has had it in another mailbox too, and it is deleted there
		}
		lost++
		h.Log.Warn("a marked message is no longer in any of the shown mailboxes: it was filed elsewhere, or another program has removed it", "account", h.Target.Account,
			"unique-id", s.UniqueID, "mailbox", h.parts[s.Mailbox].Name, "uid", s.UID)
	}
	if lost > 0 {
		err = fmt.Errorf("%d marked messages are no longer there, and may come back: someone has filed them elsewhere, or removed them", lost)
	}
	if h.Target.Maildrop.OnDelete.Stays() {
		return lost, err
	}
	gone := make([]imap.UIDSet, len(h.parts))
	for _, q := range h.found {
		gone[q.origin.mailbox].AddNum(q.origin.uid)
	}
	for i, p := range h.parts {
		if len(gone[i]) == 0 {
			continue
		}
		facts := translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: p.Listing.UIDValidity}, Removed: gone[i]}
		if rerr := p.Page.Record(context.WithoutCancel(ctx), facts); rerr != nil && err == nil {
			err = translate.Refused(rerr)
		}
	}
	return lost, err
}
