package main

import (
	"fmt"
	"strings"
	"time"
)

// firstID is where the ids of filled rows begin, behind those of the templates.
const firstID = 1000

// oldLines is how many lines of the journal a sweep removes.
const oldLines = 2000

// fill makes the accounts of a ledger out of its templates, each table with one statement,
// and gives what one of each kind takes of disk.
func (s *site) fill(l *scaledLedger) (small, big float64) {
	if l.driver == "sqlite" {
		s.exec(l, "PRAGMA synchronous = OFF")
		s.exec(l, "PRAGMA cache_size = -200000")
	}
	before := s.diskOf(l)
	s.copies(l, "ten", "u", firstID, l.accounts)
	s.exec(l, `%s INSERT INTO milestones (account, step, at, good, note) SELECT 'u' || i || '@ten', 'harvested', 1, true, '' FROM n`, l.series(l.accounts))
	// A line of the journal for each account, some of which are older than a year.
	lines := max(l.accounts, oldLines+1)
	s.exec(l, `%s INSERT INTO deletions (page_id, mailbox_id, at, device, client, uidvalidity, uid, unique_id, message_id, octets, action, target, target_validity, target_uid)
		SELECT %[2]d + 1 + i %% %[3]d, %[2]d + 1 + i %% %[3]d, CASE WHEN i <= %[4]d THEN %[5]d - 366 * CAST(86400000 AS BIGINT) ELSE %[5]d - 86400000 END,
			'', '127.0.0.1', 1, 9, '0000000900000001', '<9@example.org>', 2000, 'trash', 'Trash', 1, 9 FROM n`,
		l.series(lines), firstID, l.accounts, oldLines, time.Now().UnixMilli())
	middle := s.diskOf(l)
	s.copies(l, "huge", "v", firstID+l.accounts, l.bigs())
	after := s.diskOf(l)
	s.numbersGoOn(l)
	if l.driver != "postgres" {
		s.exec(l, "PRAGMA wal_checkpoint(TRUNCATE)")
		s.exec(l, "PRAGMA synchronous = FULL")
	}
	return float64(middle-before) / float64(l.accounts), float64(after-middle) / float64(l.bigs())
}

// numbersGoOn lets PostgreSQL give the next rows numbers behind those that were filled in, and
// learn what its tables hold. SQLite does the one by itself, and the other when it is asked.
func (s *site) numbersGoOn(l *scaledLedger) {
	if l.driver != "postgres" {
		return
	}
	for _, table := range []string{"mailboxes", "snapshots", "pages"} {
		s.exec(l, "SELECT setval(pg_get_serial_sequence('%s', 'id'), (SELECT MAX(id) FROM %[1]s))", table)
	}
	s.exec(l, "VACUUM (ANALYZE)")
}

// copies makes n accounts like the one that has logged in to a box. Everything that refers
// to them has their numbers.
func (s *site) copies(l *scaledLedger, box, prefix string, first, n int) {
	login := "template@" + box
	mailbox := s.number(l, "SELECT id FROM mailboxes WHERE login = '%s'", login)
	snapshot := s.number(l, "SELECT id FROM snapshots WHERE mailbox_id = %d", mailbox)
	page := s.number(l, "SELECT id FROM pages WHERE account = '%s'", login)
	own := ""
	if l.driver == "postgres" {
		own = "OVERRIDING SYSTEM VALUE"
	}
	id, name := fmt.Sprintf("%d + i", first), fmt.Sprintf("'%s' || i || '@%s'", prefix, box)
	for _, c := range []struct{ table, columns, values, where string }{
		{"mailboxes", "id, upstream, login, mailbox, uidvalidity, mismatches", "ID, upstream, NAME, mailbox, uidvalidity, mismatches", fmt.Sprintf("id = %d", mailbox)},
		{"snapshots", "id, mailbox_id, uidvalidity, uidnext, modseq, messages, octets, revision, keys_revision", "ID, ID, uidvalidity, uidnext, modseq, messages, octets, revision, keys_revision", fmt.Sprintf("id = %d", snapshot)},
		{"snapshot_entries", "owner, chunk, data", "ID, chunk, data", fmt.Sprintf("owner = %d", snapshot)},
		{"snapshot_keys", "owner, chunk, data", "ID, chunk, data", fmt.Sprintf("owner = %d", snapshot)},
		{"pages", "id, account, maildrop, mailbox_id, uidvalidity, formats, revision", "ID, NAME, maildrop, ID, uidvalidity, formats, revision", fmt.Sprintf("id = %d", page)},
		{"page_devices", "page_id, device, first_login, last_login, revision", "ID, device, first_login, last_login, revision", fmt.Sprintf("page_id = %d", page)},
	} {
		identity := ""
		if strings.HasPrefix(c.columns, "id, ") {
			identity = own
		}
		values := strings.NewReplacer("ID", id, "NAME", name).Replace(c.values)
		s.exec(l, "%s INSERT INTO %s (%s) %s SELECT %s FROM n CROSS JOIN (SELECT * FROM %[2]s WHERE %[6]s) AS t", l.series(n), c.table, c.columns, identity, values, c.where)
	}
}

// series is the numbers from 1 to n, as the table n.
func (l *scaledLedger) series(n int) string {
	if l.driver == "postgres" {
		return fmt.Sprintf("WITH n (i) AS (SELECT generate_series(1, %d))", n)
	}
	return fmt.Sprintf("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)", n)
}

// diskOf is what the ledger takes.
func (s *site) diskOf(l *scaledLedger) int64 {
	if l.driver == "postgres" {
		return s.number(l, "SELECT pg_database_size(current_database())")
	}
	s.exec(l, "PRAGMA wal_checkpoint(TRUNCATE)")
	return sizeOf(l.source)
}

const (
	// hoursOfADay is how often a day's polls write the last login of a device: once an
	// hour, however often it polls.
	hoursOfADay = 24
	// longestDay bounds the time that is taken for it.
	longestDay = time.Minute
	// loginsAtOnce is how many of them share a transaction here. Each has its own in the
	// service, which is more work and leaves as many dead rows.
	loginsAtOnce = 1000
)

// bloat writes what a day's polls do, as far as there is time, and tells how the ledger has
// grown by it, and how long it takes to be tidied up.
func (s *site) bloat(l *scaledLedger, t *scaleTable) {
	before, began, hours := s.diskOf(l), time.Now(), 0
	for hours = 0; hours < hoursOfADay && time.Since(began) < longestDay; hours++ {
		for from := 0; from < l.accounts; from += loginsAtOnce {
			s.exec(l, "UPDATE page_devices SET last_login = last_login + 3600000 WHERE page_id > %d AND page_id <= %d", firstID+from, firstID+from+loginsAtOnce)
		}
	}
	t.put("hours of polls that were written, one an account and minute", "h", float64(hours))
	t.put("one hour of them", "s", time.Since(began).Seconds()/float64(hours))
	grown := float64(s.diskOf(l) - before)
	t.put("growth by all of them", "octets/account", grown/float64(l.accounts))
	began = time.Now()
	if l.driver == "postgres" {
		s.exec(l, "VACUUM page_devices")
	} else {
		s.exec(l, "PRAGMA optimize")
	}
	t.put("VACUUM (SQLite: optimize) afterwards", "s", time.Since(began).Seconds())
}
