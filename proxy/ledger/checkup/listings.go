package checkup

import (
	"fmt"

	"popbridge/proxy/ledger/database"
	"popbridge/translate"
)

// listing is a snapshot whose rows are being read.
type listing struct {
	id, validity, next, messages int64
	decoded                      translate.Snapshot
	damaged                      []int64 // chunks
}

// listings tries each remembered listing as a whole: its rows hold as many messages as it
// says, in order of their UIDs.
func (c *checkup) listings() error {
	var now listing
	err := c.db.View().Each(c.ctx, func(scan func(...any) error) error {
		var l listing
		var chunk int64
		var data []byte
		if err := scan(&l.id, &l.validity, &l.next, &l.messages, &chunk, &data); err != nil {
			return err
		}
		if l.id != now.id {
			c.whole(&now)
			l.decoded.Entries = now.decoded.Entries[:0]
			now = l
		}
		if translate.DecodeSnapshot(data, &now.decoded) != nil {
			now.damaged = append(now.damaged, chunk)
		}
		return nil
	}, `SELECT s.id, s.uidvalidity, s.uidnext, s.messages, e.chunk, e.data FROM snapshots s
		JOIN snapshot_entries e ON e.owner = s.id ORDER BY e.owner, e.chunk`)
	c.whole(&now)
	if err != nil {
		return err
	}
	return c.db.View().Each(c.ctx, func(scan func(...any) error) error {
		var l listing
		err := scan(&l.id, &l.validity, &l.next, &l.messages)
		c.whole(&l)
		return err
	}, "SELECT s.id, s.uidvalidity, s.uidnext, s.messages FROM snapshots s WHERE s.messages > 0 AND NOT EXISTS (SELECT 1 FROM snapshot_entries e WHERE e.owner = s.id)")
}

// whole adds a finding where a listing is not. What is repaired is as a login takes it: an
// old server's messages that can be read keep the UIDs that were given here, since UIDNEXT
// says which were, and every other listing is asked for again.
func (c *checkup) whole(l *listing) {
	there := int64(len(l.decoded.Entries))
	if l.id == 0 || len(l.damaged) == 0 && there == l.messages {
		return
	}
	f := Finding{
		Table: "snapshot_entries", Row: fmt.Sprintf("owner %d", l.id), Of: c.mailboxOf("(SELECT mailbox_id FROM snapshots WHERE id = $1)", l.id),
		Text: fmt.Sprintf("%d of its rows cannot be read, and the others hold %d of %d messages", len(l.damaged), there, l.messages),
	}
	if l.validity == translate.AssignedValidity && l.next != 0 {
		f.Cost = "what is remembered of the other messages, if the server is an old one that speaks POP3: they count as new, and what a device has hidden of them is shown to it again"
		mend := []statement{{"UPDATE snapshots SET messages = $2 WHERE id = $1", []any{l.id, there}}}
		for _, chunk := range l.damaged {
			mend = append(mend, statement{"DELETE FROM snapshot_entries WHERE owner = $1 AND chunk = $2", []any{l.id, chunk}})
		}
		c.found(f, mend...)
		return
	}
	f.Cost = "the listing, which is asked for again at the next login"
	c.found(f, statement{"UPDATE snapshots SET messages = 0, uidnext = 0, modseq = 0, octets = 0 WHERE id = $1", []any{l.id}},
		statement{"DELETE FROM snapshot_entries WHERE owner = $1", []any{l.id}})
}

// sequence is what gives ids to a table of PostgreSQL.
type sequence struct{ name, greatest string }

// numbers tries that no id, and no number of a lock, is given twice. SQLite looks for the
// greatest one itself.
func (c *checkup) numbers() error {
	if c.db.Driver() != database.Postgres {
		return nil
	}
	list := []sequence{{"'fences'", "SELECT COALESCE(MAX(fence), 0) FROM intents"}}
	for _, table := range []string{"mailboxes", "snapshots", "pages", "intents", "deletions", "matches"} {
		list = append(list, sequence{"pg_get_serial_sequence('" + table + "', 'id')", "SELECT COALESCE(MAX(id), 0) FROM " + table})
	}
	for _, s := range list {
		var last, greatest int64
		err := c.db.View().Row(c.ctx, "SELECT COALESCE(pg_sequence_last_value(("+s.name+")::regclass), 0), ("+s.greatest+")").Scan(&last, &greatest)
		if err != nil {
			return err
		}
		if last < greatest {
			c.found(Finding{Table: s.name, Text: fmt.Sprintf("the next number would be %d, and %d is taken: nothing new can be written", last+1, greatest), Cost: "nothing"},
				statement{text: "SELECT setval((" + s.name + ")::regclass, (" + s.greatest + "))"})
		}
	}
	return nil
}
