package ledger

import (
	"context"
	"maps"

	"github.com/emersion/go-imap/v2"

	"popbridge/translate"
)

// printTable keeps what tells messages by their content: an octet that says which
// parts are known, then these.
var printTable = chunkTable[translate.Print]{
	table: "snapshot_prints", owner: "snapshots", revision: "keys_revision",
	put: func(b []byte, v, _ translate.Print) []byte {
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
	take: func(b []byte, _ translate.Print) (v translate.Print, rest []byte, ok bool) {
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
func savePrints(ctx context.Context, tx statements, snapshot int64, prints map[imap.UID]translate.Print) (changed bool, err error) {
	if len(prints) == 0 {
		return false, nil
	}
	have, err := printTable.some(ctx, tx, snapshot, maps.Keys(prints))
	if err != nil {
		return false, err
	}
	return printTable.save(ctx, tx, snapshot, joined(prints, have))
}

// joined are the prints of add with what have knows more of them.
func joined(add, have map[imap.UID]translate.Print) map[imap.UID]translate.Print {
	all := make(map[imap.UID]translate.Print, len(add))
	for uid, p := range add {
		all[uid] = have[uid].With(p)
	}
	return all
}
