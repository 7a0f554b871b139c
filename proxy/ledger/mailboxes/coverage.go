package mailboxes

import (
	"context"
	"database/sql"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/ledger/chunks"
	"popbridge/proxy/ledger/database"
	"popbridge/translate"
)

// Coverage is how much is known of a mailbox's messages.
type Coverage struct {
	Box      translate.Box
	Messages int
	// Headers is how many of them are known by their header, Bodies by their body.
	Headers, Bodies int
}

// Coverage tells of each mailbox on an upstream that was ever listed, by login, how
// much sessions, harvests and imports have learned of it. It reads the whole of
// that, without holding more than one mailbox in memory.
func (s *Store) Coverage(ctx context.Context, upstream string, each func(Coverage) error) error {
	var now Coverage
	begun := false
	err := s.db.View().Each(ctx, func(scan func(...any) error) error {
		next := Coverage{Box: translate.Box{Upstream: upstream}}
		var chunk sql.NullInt64
		var data []byte
		if err := scan(&next.Box.Login, &next.Box.Mailbox, &next.Messages, &chunk, &data); err != nil {
			return err
		}
		if begun && next.Box != now.Box {
			if err := each(now); err != nil {
				return err
			}
			begun = false
		}
		if !begun {
			now, begun = next, true
		}
		return now.count(chunk, data)
	}, `SELECT m.login, m.mailbox, s.messages, c.chunk, c.data FROM mailboxes m
		JOIN snapshots s ON s.mailbox_id = m.id AND s.uidvalidity = m.uidvalidity
		LEFT JOIN snapshot_prints c ON c.owner = s.id WHERE m.upstream = $1 ORDER BY m.login, m.mailbox, c.chunk`, database.Name(upstream))
	if err == nil && begun {
		err = each(now)
	}
	return s.db.Explain(err)
}

// count adds one row of prints. Those of messages that are gone stay until their
// whole row is empty, so that there may be more than messages.
func (c *Coverage) count(chunk sql.NullInt64, data []byte) error {
	if !chunk.Valid {
		return nil
	}
	prints := make(map[imap.UID]translate.Print, chunks.Size)
	if err := printTable.Decode(chunk.Int64, data, prints); err != nil {
		return err
	}
	for _, p := range prints {
		if p.Header != (translate.ContentKey{}) {
			c.Headers = min(c.Headers+1, c.Messages)
		}
		if p.Body != (translate.ContentKey{}) {
			c.Bodies = min(c.Bodies+1, c.Messages)
		}
	}
	return nil
}
