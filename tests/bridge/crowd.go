package bridge

import (
	"strconv"
	"strings"
)

// Crowd gives the statements that fill a PostgreSQL whose schema a popbridge has made with
// so many accounts, u000001@example.org and so on. Each has two devices and five
// deletions; every other one is still on an upstream "old", and the rest on "mail".
func Crowd(accounts int) []string {
	statements := make([]string, len(crowd))
	for i, s := range crowd {
		statements[i] = strings.ReplaceAll(s, "{n}", strconv.Itoa(accounts))
	}
	return statements
}

var crowd = []string{
	`INSERT INTO mailboxes (upstream, login, mailbox, uidvalidity) SELECT CASE WHEN n % 2 = 0 THEN 'mail' ELSE 'old' END, format('u%s@example.org', to_char(n, 'FM000000')), 'INBOX', 7 FROM generate_series(1, {n}) n`,
	`INSERT INTO snapshots (mailbox_id, uidvalidity, uidnext, modseq, messages, octets, revision) SELECT id, 7, 100, 1, 50, 1000000, 1 FROM mailboxes WHERE uidvalidity = 7 AND login LIKE 'u%'`,
	`INSERT INTO pages (account, maildrop, mailbox_id, uidvalidity) SELECT login, 'default', id, 7 FROM mailboxes WHERE login LIKE 'u%'`,
	`INSERT INTO page_devices (page_id, device, first_login, last_login) SELECT p.id, d, 1700000000000, 1790000000000 + p.id FROM pages p, (VALUES ('phone'), ('scanner')) AS v (d) WHERE p.account LIKE 'u%'`,
	`INSERT INTO deletions (page_id, mailbox_id, at, device, client, uidvalidity, uid, unique_id, message_id, octets, action, target, target_validity, target_uid)
		SELECT p.id, p.mailbox_id, 1790000000000 + d, 'phone', '192.0.2.1', 7, d, 'id' || d, '<' || d || '@example.org>', 2000, 'trash', 'Trash', 1, d FROM pages p, generate_series(1, 5) d WHERE p.account LIKE 'u%'`,
	`INSERT INTO milestones (account, step, at, good, note) SELECT account, 'harvested', 1790000000000, true, '50 messages' FROM pages WHERE account LIKE 'u%'`,
	`INSERT INTO milestones (account, step, at, good, note) SELECT account, 'failed:matched', 1790000000000, false, 'some are missing' FROM pages WHERE id % 100 = 0 AND account LIKE 'u%'`,
	`INSERT INTO moves (account, upstream, origin, moved_at) SELECT account, 'mail', 'old', 1790000000000 FROM pages WHERE id % 2 = 0 AND account LIKE 'u%'`,
	`INSERT INTO known_devices (account, device, added_at) SELECT account, 'scanner', 1 FROM pages WHERE account LIKE 'u%'`,
}
