package mailboxes

import (
	"context"
	"maps"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/ledger/chunks"
	"popbridge/proxy/ledger/database"
	"popbridge/translate"
)

// keyTable keeps content keys.
var keyTable = chunks.Table[translate.ContentKey]{
	Name: "snapshot_keys", Owner: "snapshots", Revision: "keys_revision",
	Put: func(b []byte, v, _ translate.ContentKey) []byte { return append(b, v[:]...) },
	Take: func(b []byte, _ translate.ContentKey) (v translate.ContentKey, rest []byte, ok bool) {
		if len(b) < len(v) {
			return v, nil, false
		}
		copy(v[:], b)
		return v, b[len(v):], true
	},
}

// printTable keeps what tells messages by their content: an octet that says which
// parts are known, then these.
var printTable = chunks.Table[translate.Print]{
	Name: "snapshot_prints", Owner: "snapshots", Revision: "keys_revision",
	Put: func(b []byte, v, _ translate.Print) []byte {
		at := len(b)
		b = append(b, 0)
		for i, part := range printParts(&v) {
			if *part != (translate.ContentKey{}) {
				b[at] |= 1 << i
				b = append(b, part[:]...)
			}
		}
		return b
	},
	Take: func(b []byte, _ translate.Print) (v translate.Print, rest []byte, ok bool) {
		if len(b) == 0 {
			return v, nil, false
		}
		which := b[0]
		b = b[1:]
		for i, part := range printParts(&v) {
			if which&(1<<i) == 0 {
				continue
			}
			if len(b) < len(part) {
				return v, nil, false
			}
			b = b[copy(part[:], b):]
		}
		return v, b, which>>len(printParts(&v)) == 0
	},
}

func printParts(p *translate.Print) [3]*translate.ContentKey {
	return [3]*translate.ContentKey{&p.Header, &p.Sent, &p.Body}
}

// savePrints adds prints to those that are there, part by part.
func savePrints(ctx context.Context, tx database.Querier, snapshot int64, prints map[imap.UID]translate.Print) (changed bool, err error) {
	if len(prints) == 0 {
		return false, nil
	}
	have, err := printTable.Some(ctx, tx, snapshot, maps.Keys(prints))
	if err != nil {
		return false, err
	}
	return printTable.Save(ctx, tx, snapshot, joined(prints, have))
}

// joined are the prints of add with what have knows more of them.
func joined(add, have map[imap.UID]translate.Print) map[imap.UID]translate.Print {
	all := make(map[imap.UID]translate.Print, len(add))
	for uid, p := range add {
		all[uid] = have[uid].With(p)
	}
	return all
}

// saveContent keeps what is known of the content of messages that the snapshot
// holds.
func saveContent(ctx context.Context, tx database.Querier, snapshot int64, f translate.MailboxFacts) error {
	keys, err := keyTable.Save(ctx, tx, snapshot, f.Keys)
	if err != nil {
		return err
	}
	prints, err := savePrints(ctx, tx, snapshot, f.Prints)
	if err != nil || !keys && !prints {
		return err
	}
	return tx.Exec(ctx, "UPDATE snapshots SET keys_revision = $2 WHERE id = $1", snapshot, chunks.NewRevision())
}
