package migration

import (
	"context"
	"errors"
	"iter"
	"slices"

	"github.com/emersion/go-imap/v2"

	"popbridge/translate"
)

// readBatch is how many headers are read between two times that they are kept, and
// bodyBatch how many bodies: what an interrupted run has to read again.
const (
	readBatch = 2000
	bodyBatch = 50
)

// printer is a mailbox that can tell messages by their whole headers at little
// cost. Others do so with Describe.
type printer interface {
	Prints(ctx context.Context, uids imap.UIDSet, each func(imap.UID, translate.Print)) error
}

// learn reads what a step needs of some messages and tells it. After an error the rest
// is told as what could not be read.
func (b *box) learn(ctx context.Context, step translate.Step, uids []imap.UID, tell func(imap.UID, translate.Print)) error {
	batch, read := readBatch, b.headers
	if step == translate.StepBodies {
		batch, read = bodyBatch, b.bodies
	}
	var failed error
	for part := range slices.Chunk(uids, batch) {
		prints := make(map[imap.UID]translate.Print, len(part))
		if failed == nil {
			failed = b.readable(ctx)
		}
		if failed == nil {
			failed = read(ctx, part, prints)
			failed = errors.Join(failed, b.keep(ctx, prints, nil))
		}
		for _, uid := range part {
			tell(uid, prints[uid])
		}
	}
	return failed
}

// readable opens the mailbox and has it list its messages, so that it knows them by
// the UIDs that are remembered.
func (b *box) readable(ctx context.Context) error {
	if b.mailbox != nil || b.refused != nil {
		return b.refused
	}
	if err := b.open(ctx); err != nil {
		return err
	}
	now, err := b.mailbox.List(ctx, b.inventory.Listing)
	if err == nil && now.UIDValidity != b.inventory.Listing.UIDValidity {
		err = errRebuilt
	}
	if err != nil {
		b.refused = translate.Cause(err)
	}
	return b.refused
}

var errRebuilt = errors.New("the mailbox was rebuilt since it was listed; harvest it again")

// headers reads the headers of some messages.
func (b *box) headers(ctx context.Context, uids []imap.UID, prints map[imap.UID]translate.Print) error {
	var set imap.UIDSet
	set.AddNum(uids...)
	if p, ok := b.mailbox.(printer); ok {
		return p.Prints(ctx, set, func(uid imap.UID, p translate.Print) { prints[uid] = p })
	}
	return b.mailbox.Describe(ctx, set, func(d translate.Description) { prints[d.UID] = d.Print })
}

// bodies reads some messages, each while the next are on their way.
func (b *box) bodies(ctx context.Context, uids []imap.UID, prints map[imap.UID]translate.Print) error {
	for i, uid := range uids {
		body := translate.NewBodyPrinter()
		err := b.mailbox.Fetch(ctx, b.message(uid), b.messages(uids[i+1:]), body)
		if errors.Is(err, translate.ErrGone) {
			continue
		}
		if err != nil {
			return err
		}
		prints[uid] = body.Print()
	}
	return nil
}

func (b *box) messages(uids []imap.UID) iter.Seq[translate.Message] {
	return func(yield func(translate.Message) bool) {
		for _, uid := range uids {
			if !yield(b.message(uid)) {
				return
			}
		}
	}
}

// message is what a mailbox wants to know of a message that it is to fetch.
func (b *box) message(uid imap.UID) translate.Message {
	entries := b.inventory.Listing.Entries
	i, ok := slices.BinarySearchFunc(entries, uid, func(e translate.Entry, uid imap.UID) int { return int(int64(e.UID) - int64(uid)) })
	if !ok {
		return translate.Message{UID: uid}
	}
	return translate.Message{UID: uid, Octets: entries[i].Size}
}
