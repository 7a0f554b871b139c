package checkup

import (
	"fmt"
	"strings"

	"popbridge/proxy/ledger/database"
)

// rule is what must be true of no row.
type rule struct {
	table string
	key   []string // columns
	never string   // SQL
	fix   string   // SQL: what is set; empty: the row is removed
	text  string
	cost  string
}

// reference is a column with the id of another table's row.
type reference struct{ table, key, column, parent string }

var references = []reference{
	{"snapshots", "id", "mailbox_id", "mailboxes"},
	{"snapshot_entries", "owner chunk", "owner", "snapshots"},
	{"snapshot_keys", "owner chunk", "owner", "snapshots"},
	{"snapshot_prints", "owner chunk", "owner", "snapshots"},
	{"page_pins", "owner chunk", "owner", "pages"},
	{"page_order", "owner chunk", "owner", "pages"},
	{"page_identities", "owner chunk", "owner", "pages"},
	{"page_devices", "page_id device", "page_id", "pages"},
	{"intents", "id", "page_id", "pages"},
	{"intents", "id", "mailbox_id", "mailboxes"},
	{"deletions", "id", "page_id", "pages"},
	{"matches", "id", "old_mailbox_id", "mailboxes"},
	{"matches", "id", "new_mailbox_id", "mailboxes"},
	{"match_pairs", "owner chunk", "owner", "matches"},
	{"copies", "mailbox_id uidvalidity uid", "mailbox_id", "mailboxes"},
}

// grace is how far ahead, in milliseconds, what ends by itself within seconds may lie:
// clocks differ.
const grace = "60000"

func (c *checkup) list() (list []rule) {
	missing := func(r reference) string {
		return fmt.Sprintf("x.%[1]s IS NOT NULL AND NOT EXISTS (SELECT 1 FROM %[2]s y WHERE y.id = x.%[1]s)", r.column, r.parent)
	}
	for _, r := range references {
		list = append(list, rule{
			table: r.table, key: strings.Fields(r.key), never: missing(r),
			text: fmt.Sprintf("it belongs to a row of %s that is not there", r.parent), cost: "a row that nobody reads",
		})
	}
	now := c.db.Now()
	list = append(list,
		rule{table: "pages", key: []string{"id"}, never: missing(reference{column: "mailbox_id", parent: "mailboxes"}), fix: "mailbox_id = NULL, uidvalidity = 0",
			text: "it was served from a mailbox that is not there", cost: "which mailbox the maildrop was served from, of which nothing is left: what devices have hidden is shown again"},
		rule{table: "deletions", key: []string{"id"}, never: missing(reference{column: "mailbox_id", parent: "mailboxes"}), fix: "mailbox_id = NULL",
			text: "it speaks of a mailbox that is not there", cost: "nothing: the line of the journal stays, as that of a mailbox that was forgotten"},
		rule{table: "pages", key: []string{"id"}, never: "x.account = ''", text: "it belongs to no account", cost: "what was remembered for nobody"},
		rule{table: "moves", key: []string{"account"}, never: "x.worker_until > " + now + " + " + grace, fix: "worker = '', worker_until = 0, held = false",
			text: "a command keeps the account for longer than any command does, and nobody may be able to log in", cost: "nothing: no command is at work while the ledger is not served"},
		rule{table: "notices", key: []string{"kind", "subject"}, never: "x.claimed_until > " + now + " + 3600000", fix: "claim = '', claimed_until = 0",
			text: "a proxy keeps the notice for longer than any delivery takes", cost: "nothing: it is delivered when the service runs again"},
		rule{table: "secrets", key: []string{"kind", "account", "name"}, never: "x.kind = 'device password' AND NOT EXISTS (SELECT 1 FROM device_passwords y WHERE y.account = x.account AND y.device = x.name AND y.readable)",
			text: "it is the readable form of a device password that is not there", cost: "what nobody can log in with"},
		rule{table: "device_passwords", key: []string{"account", "device"}, never: "x.readable AND NOT EXISTS (SELECT 1 FROM secrets y WHERE y.kind = 'device password' AND y.account = x.account AND y.name = x.device)", fix: "readable = false",
			text: "its readable form for APOP and CRAM-MD5 is not there", cost: "that the device may use APOP and CRAM-MD5, which it cannot anyway; USER and PASS work"},
	)
	if c.db.Driver() == database.Postgres {
		list = append(list,
			rule{table: "leases", key: []string{"scope"}, never: "x.active_at > clock_timestamp() + interval '1 minute' OR x.taken_at > clock_timestamp() + interval '1 minute'",
				text: "a lock lies in the future, and is taken over by nobody until then", cost: "nothing: nobody has a session while the ledger is not served"},
			rule{table: "proxies", key: []string{"id"}, never: "x.heartbeat > clock_timestamp() + interval '1 minute'",
				text: "a sign of life lies in the future", cost: "nothing: a proxy that lives gives another one"},
			rule{table: "failures", key: []string{"subject"}, never: "x.began > " + now + " + 3600000 OR x.changed > " + now + " + 3600000",
				text: "failed logins lie in the future", cost: "a count of failed logins"},
		)
	}
	return list
}

// rules looks for the rows of which a rule is true.
func (c *checkup) rules() error {
	for _, r := range c.list() {
		columns := make([]string, len(r.key))
		terms := make([]string, len(r.key))
		for i, k := range r.key {
			columns[i], terms[i] = "x."+k, fmt.Sprintf("%s = $%d", k, i+1)
		}
		fix := "DELETE FROM " + r.table
		if r.fix != "" {
			fix = "UPDATE " + r.table + " SET " + r.fix
		}
		fix += " WHERE " + strings.Join(terms, " AND ")
		err := c.db.View().Each(c.ctx, func(scan func(...any) error) error {
			key, into := make([]any, len(r.key)), make([]any, len(r.key))
			for i := range key {
				into[i] = &key[i]
			}
			if err := scan(into...); err != nil {
				return err
			}
			told := make([]string, len(key))
			for i, v := range key {
				if s, ok := v.(string); ok {
					v = database.Unname(s)
				}
				told[i] = fmt.Sprintf("%s %v", r.key[i], v)
			}
			c.found(Finding{Table: r.table, Row: strings.Join(told, ", "), Text: r.text, Cost: r.cost}, statement{fix, key})
			return nil
		}, "SELECT "+strings.Join(columns, ", ")+" FROM "+r.table+" x WHERE "+r.never)
		if err != nil {
			return err
		}
	}
	return nil
}
