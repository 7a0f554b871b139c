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

// coverageBatch is how many mailboxes are read at once: no statement takes long, however
// many there are.
const coverageBatch = 5000

// Coverage tells of each mailbox on an upstream that was ever listed, by login, how
// much sessions, harvests and imports have learned of it. It reads the whole of
// that, without holding more than one mailbox in memory.
func (s *Store) Coverage(ctx context.Context, upstream string, each func(Coverage) error) error {
	var last translate.Box
	for read := coverageBatch; read == coverageBatch; {
		var err error
		if last, read, err = s.coverageAfter(ctx, upstream, last, each); err != nil {
			return s.db.Explain(err)
		}
	}
	return nil
}

// coverageAfter is Coverage for the mailboxes behind one. It gives the last of them, and
// how many there were, those that were never listed included.
func (s *Store) coverageAfter(ctx context.Context, upstream string, after translate.Box, each func(Coverage) error) (last translate.Box, read int, err error) {
	var now Coverage
	tell := func() error {
		if read == 0 || now.Messages < 0 {
			return nil
		}
		return each(now)
	}
	err = s.db.View().Each(ctx, func(scan func(...any) error) error {
		next := Coverage{Box: translate.Box{Upstream: upstream}}
		var chunk sql.NullInt64
		var data []byte
		if err := scan(&next.Box.Login, &next.Box.Mailbox, &next.Messages, &chunk, &data); err != nil {
			return err
		}
		if read == 0 || next.Box != now.Box {
			if err := tell(); err != nil {
				return err
			}
			now, read = next, read+1
		}
		return now.count(chunk, data)
	}, `SELECT m.login, m.mailbox, COALESCE(s.messages, -1), c.chunk, c.data
		FROM (SELECT id, uidvalidity, login, mailbox FROM mailboxes WHERE upstream = $1 AND (login, mailbox) > ($2, $3) ORDER BY login, mailbox LIMIT $4) m
		LEFT JOIN snapshots s ON s.mailbox_id = m.id AND s.uidvalidity = m.uidvalidity
		LEFT JOIN snapshot_prints c ON c.owner = s.id ORDER BY m.login, m.mailbox, c.chunk`,
		database.Name(upstream), after.Login, after.Mailbox, coverageBatch)
	if err == nil {
		err = tell()
	}
	return now.Box, read, err
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
