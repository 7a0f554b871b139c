package proxy

import (
	"context"
	"errors"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/hashicorp/go-hclog"

	"popbridge/translate"
)

const (
	// describeBatch is how many messages are described between two records, so
	// that what a login has learned is not lost when its time is over.
	describeBatch = 2000
	// relinkReserve is what has to be left of a login's time to finish it.
	relinkReserve = 5 * time.Second
)

var errRelinking = errors.New("the mailbox has got new UIDs, and finding its messages again takes longer than a login may; what was found is kept, and the next login goes on")

// relink finds messages again that are there under other UIDs than a device
// knows them by: after a new UIDVALIDITY, a change of upstream, or on servers
// that give a message a new UID. It reports whether anything was linked.
func (s *session) relink(ctx context.Context, o *open, before, now translate.Listing, known translate.Known) (bool, error) {
	origin, err := o.page.Previous(now.UIDValidity)
	if err != nil {
		return false, temporary(err)
	}
	if origin != nil {
		return true, s.adopt(ctx, o, *origin, now, known)
	}
	if now.Assigned {
		return false, nil // an old server's messages are what their unique-ids say
	}
	gone, added := translate.Difference(before, now)
	if len(gone) == 0 || len(added) == 0 {
		return false, nil
	}
	old, err := o.page.Gone(gone)
	if err != nil || len(old) == 0 {
		return false, temporary(err)
	}
	keys, err := s.keys(ctx, o, now, added)
	if err != nil {
		return false, err
	}
	links := translate.Relink(old, translate.Unlink(added, keys))
	if len(links) == 0 {
		return false, nil
	}
	s.log.Info("messages were found again under new UIDs", "account", o.Account, "messages", len(links))
	return true, temporary(o.page.Relink(now.UIDValidity, links, known.Formats))
}

// temporary makes a Refusal of an error of the ledger; nil stays nil.
func temporary(err error) error {
	if err == nil {
		return nil
	}
	return translate.Refuse(err)
}

// adopt makes a mailbox with a new identity this maildrop's own. What a match or the
// server's own unique-ids do not tell is looked for by its content.
func (s *session) adopt(ctx context.Context, o *open, origin translate.Origin, now translate.Listing, known translate.Known) error {
	if err := o.page.Record(translate.Facts{UIDValidity: now.UIDValidity, Listing: &now}); err != nil {
		return temporary(err)
	}
	links, old, fresh := origin.Given(now.Entries)
	var keys map[imap.UID]translate.ContentKey
	if len(old) > 0 && len(fresh) > 0 && !now.Assigned {
		var err error
		if keys, err = s.keys(ctx, o, now, fresh); err != nil {
			return err
		}
		links = append(links, translate.Relink(old, translate.Unlink(fresh, keys))...)
	}
	remembered, untold := len(origin.Messages), translate.Untold(old, translate.Unlink(fresh, keys), links)
	if err := s.freeze(o, now, remembered, untold, known); err != nil {
		return err
	}
	level := hclog.Warn
	if origin.Pairs != nil || now.Assigned {
		level = hclog.Info // an operator has prepared the move, or takes the account back
	}
	s.log.Log(level, "the mailbox has got a new identity; messages keep their unique-ids", "account", o.Account, "upstream", o.Upstream.Name,
		"uidvalidity", now.UIDValidity, "remembered", remembered, "recognised", len(links), "unknown", untold, "messages", len(now.Entries))
	spans := []translate.Span{{From: 1, Format: o.Maildrop.UniqueID}}
	return temporary(o.page.Relink(now.UIDValidity, links, spans))
}

// keys learns the content keys of messages, batch by batch, as long as the
// login has time.
func (s *session) keys(ctx context.Context, o *open, now translate.Listing, entries []translate.Entry) (map[imap.UID]translate.ContentKey, error) {
	if err := o.page.Record(translate.Facts{UIDValidity: now.UIDValidity, Listing: &now}); err != nil {
		return nil, temporary(err)
	}
	have, err := o.page.Keys(now.UIDValidity)
	if err != nil {
		return nil, temporary(err)
	}
	wanted := translate.Among(o.page.Unkeyed(now.UIDValidity, len(now.Entries)), entries)
	for len(wanted) > 0 {
		if end, ok := ctx.Deadline(); ok && time.Until(end) < relinkReserve {
			return nil, translate.Temporary(errRelinking)
		}
		batch := wanted[:min(describeBatch, len(wanted))]
		wanted = wanted[len(batch):]
		learned, err := s.learn(ctx, o, now.UIDValidity, batch)
		if err != nil {
			return nil, err
		}
		for uid, key := range learned {
			have[uid] = key
		}
	}
	return have, nil
}

// learn asks for the content keys of some messages and records them, those too
// that came before an error.
func (s *session) learn(ctx context.Context, o *open, validity uint32, uids []imap.UID) (map[imap.UID]translate.ContentKey, error) {
	keys := make(map[imap.UID]translate.ContentKey, len(uids))
	prints := make(map[imap.UID]translate.Print)
	var set imap.UIDSet
	set.AddNum(uids...)
	err := o.mailbox.Describe(ctx, set, func(d translate.Description) {
		keys[d.UID] = d.Key
		if d.Print != (translate.Print{}) {
			prints[d.UID] = d.Print
		}
	})
	if err == nil {
		// A message without identifying fields, or gone meanwhile, has the zero key,
		// or it would be asked for again and again.
		for _, uid := range uids {
			if _, ok := keys[uid]; !ok {
				keys[uid] = translate.ContentKey{}
			}
		}
	}
	if rerr := o.page.Record(translate.Facts{UIDValidity: validity, Keys: keys, Prints: prints}); err == nil {
		err = temporary(rerr)
	}
	return keys, err
}
