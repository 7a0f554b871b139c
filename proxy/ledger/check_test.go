package ledger_test

import (
	"database/sql"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/ledger"
	"popbridge/proxy/ledger/checkup"
	"popbridge/translate"
)

// harm is damage of one kind, put into a ledger that harmed.fill has filled: its page,
// mailbox and snapshot are the first.
type harm struct {
	statement string
	found     string // what is said of it
	mend      string // a statement, where no repair mends it
}

var harms = []harm{
	{"UPDATE snapshot_entries SET data = '0102'", "1 of its rows cannot be read, and the others hold 0 of 3 messages", ""},
	{"UPDATE snapshots SET messages = 9", "0 of its rows cannot be read, and the others hold 3 of 9 messages", ""},
	{"DELETE FROM snapshot_entries", "0 of its rows cannot be read, and the others hold 0 of 3 messages", ""},
	{"UPDATE snapshots SET uidnext = -5", "UIDNEXT -5", ""},
	{"UPDATE snapshot_keys SET data = '0102'", "chunk 0 (INBOX of alice on upstream mail): it cannot be read", ""},
	{"INSERT INTO snapshot_prints (owner, chunk, data) SELECT id, 5, '0102' FROM snapshots", "snapshot_prints, owner", ""},
	{"UPDATE page_pins SET data = '0102'", "page_pins, owner 1, chunk 0 (alice@example.org, maildrop default): it cannot be read", ""},
	{"INSERT INTO page_order (owner, chunk, data) VALUES (1, 5, '0102')", "page_order, owner 1, chunk 5", ""},
	{"UPDATE page_identities SET data = '0102'", "page_identities, owner 1", ""},
	{"UPDATE page_devices SET hidden = '0102'", "page_devices, page_id 1, device scanner (alice@example.org, maildrop default): what the device has hidden cannot be read", ""},
	{"UPDATE page_devices SET left_out = '{'", "how many messages the device was not shown cannot be read", ""},
	{"UPDATE pages SET formats = '{'", "in which format unique-ids were served cannot be read", ""},
	{`UPDATE pages SET formats = '[{"From":9,"Format":"%v"},{"From":3,"Format":"%v"}]'`, "in which format unique-ids were served cannot be read", ""},
	{"UPDATE pages SET uidvalidity = 99999999999", "UIDVALIDITY is 99999999999", ""},
	{"UPDATE mailboxes SET uidvalidity = -1", "mailboxes, id 1 (INBOX of alice on upstream mail): UIDVALIDITY is -1", ""},
	{"INSERT INTO intents (page_id, mailbox_id, uidvalidity, device, owner, fence, data) VALUES (1, 1, 7, 'd', 'o', 1, '0102')", "what an interrupted QUIT was to do cannot be read", ""},
	{"UPDATE deletions SET action = 'burn'", `action "burn"`, ""},
	{"UPDATE deletions SET uid = -1", "UID -1", ""},
	{"INSERT INTO copies (mailbox_id, uidvalidity, uid, print, target, target_validity) VALUES (1, 7, 0, 1, 'Trash', 1)", "copies, mailbox_id 1, uidvalidity 7, uid 0", ""},
	{"UPDATE device_passwords SET stored_key = 'short'", "device_passwords, account alice@example.org, device scanner (alice@example.org): the password cannot be checked", ""},
	{"INSERT INTO revoked_passwords (account, device, stored_key, revoked_at) VALUES ('alice@example.org', 'old', 'short', 1)", "what is kept of a revoked password is damaged", ""},
	{"UPDATE device_passwords SET readable = true", "its readable form for APOP and CRAM-MD5 is not there", ""},
	{"INSERT INTO secrets (kind, account, name, key_id, data, updated_at) VALUES ('device password', 'alice@example.org', 'none', 'k', 'x', 1)", "the readable form of a device password that is not there", ""},
	{"UPDATE device_salt SET iterations = 0", "the salt of all device passwords is damaged", "UPDATE device_salt SET iterations = 4096"},
	{"INSERT INTO device_salt SELECT key, 4095 FROM device_salt", "there are 2 rows, and must be one", "DELETE FROM device_salt WHERE iterations = 4095"},
	{"INSERT INTO notices (kind, subject, data, pending, times, first_at, at, next_at) VALUES ('k', 's', 'no JSON', true, 1, 1, 1, 1)", "notices, kind k, subject s: it cannot be read", ""},
	{"INSERT INTO notices (kind, subject, data, pending, times, first_at, at, next_at, claimed_until) VALUES ('k', 's', '{}', true, 1, 1, 1, 1, 9000000000000)", "keeps the notice for longer", ""},
	{"INSERT INTO moves (account, worker, worker_until, held) VALUES ('alice@example.org', 'w', 9000000000000, true)", "moves, account alice@example.org: a command keeps the account", ""},
	{"UPDATE pages SET mailbox_id = 99", "it was served from a mailbox that is not there", ""},
	{"UPDATE deletions SET mailbox_id = 99", "it speaks of a mailbox that is not there", ""},
	{"INSERT INTO page_pins (owner, chunk, data) SELECT 99, chunk, data FROM page_pins", "page_pins, owner 99, chunk 0: it belongs to a row of pages that is not there", ""},
	{"INSERT INTO page_devices (page_id, device, first_login, last_login) VALUES (99, 'd', 1, 1)", "page_devices, page_id 99, device d: it belongs to a row of pages", ""},
	{"INSERT INTO snapshots (mailbox_id, uidvalidity, uidnext, modseq, messages, octets, revision) VALUES (99, 7, 1, 0, 0, 0, 1)", "it belongs to a row of mailboxes that is not there", ""},
	{"INSERT INTO match_pairs (owner, chunk, data) VALUES (99, 0, '0102')", "it belongs to a row of matches that is not there", ""},
	{"INSERT INTO pages (account, maildrop) VALUES ('', 'default')", "it belongs to no account", ""},
}

// of one database alone.
var (
	harmsOfSQLite = []harm{
		{"UPDATE mailboxes SET mismatches = 'many'", "mismatches: column mismatches contains a value of Go type string", "UPDATE mailboxes SET mismatches = 0"},
	}
	harmsOfPostgres = []harm{
		{"SELECT setval(pg_get_serial_sequence('deletions', 'id'), 1, false)", "is taken: nothing new can be written", ""},
		{"INSERT INTO leases (scope, proxy, taken_at, active_at) VALUES ('device alice', 'gone', now(), now() + interval '1 day')", "a lock lies in the future", ""},
		{"INSERT INTO proxies (id, heartbeat) VALUES ('gone/1', now() + interval '1 day')", "a sign of life lies in the future", ""},
		{"INSERT INTO failures (subject, count, began, changed) VALUES (1, 9, 9000000000000, 9000000000000)", "failed logins lie in the future", ""},
	}
)

// everyDamageIsFound: each kind of damage is found and nothing else with it, a repair
// mends it, and then the account logs in, and knows what was not damaged.
func everyDamageIsFound(t *testing.T, at place) {
	if !at.lasts {
		return // nobody else can look into it
	}
	h := &harmed{t, at}
	h.fill()
	if r := h.check(false); r.Found != 0 || r.Rows < 10 {
		t.Fatalf("of a sound ledger: %+v", r)
	}
	list := append(harms, harmsOfSQLite...)
	if at.Driver == ledger.DriverPostgres {
		list = append(harms, harmsOfPostgres...)
	}
	for _, damage := range list {
		h.run(damage.statement)
		r := h.check(true)
		if !says(r, damage.found) {
			t.Errorf("%s: found %+v", damage.statement, r)
		}
		if damage.mend == "" && (r.Repaired == 0 || r.Left != 0) || damage.mend != "" && (r.Repaired != 0 || r.Left != 1) {
			t.Errorf("%s: after the repair: %+v", damage.statement, r)
		}
		if damage.mend != "" {
			h.run(damage.mend)
		}
		h.fill()
	}
	if r := h.check(false); r.Found != 0 {
		t.Errorf("found after all repairs: %+v", r)
	}
	h.run("UPDATE page_devices SET hidden = '0102'")
	if r := h.check(false); r.Repaired != 0 || r.Left != 1 || h.check(false).Left != 1 {
		t.Errorf("a check has changed something: %+v", r)
	}
}

// says reports whether one of the findings is told with a text.
func says(r checkup.Report, text string) bool {
	for _, f := range r.Findings {
		of := ""
		if f.Of != "" {
			of = " (" + f.Of + ")"
		}
		if strings.Contains(f.Table+", "+f.Row+of+": "+f.Text, text) {
			return true
		}
	}
	return false
}

// harmed is a ledger that is damaged while nobody has it open.
type harmed struct {
	*testing.T
	at place
}

// fill is the session of a device that learns, and hides, what is missing.
func (h *harmed) fill() {
	h.Helper()
	s := h.at.open(h.T)
	p := opens(h, s, key("scanner"))
	known := knows(h, p, 7)
	f := translate.Facts{
		MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, 1, 2, 3), Keys: map[imap.UID]translate.ContentKey{1: {1}, 2: {2}}},
		Pins:         map[imap.UID]string{1: "one", 2: "two"}, Hide: imap.UIDSetNum(3),
		Identities: map[imap.UID]translate.Identity{1: {Key: translate.ContentKey{1}, Octets: 5}},
	}
	if entries, err := s.Deletions(h.Context(), "alice@example.org", ledger.Filter{}); err != nil {
		h.Errorf("the journal: %v", err)
	} else if len(entries) == 0 {
		f.Deletions = []translate.Deletion{{At: time.Now(), Device: "scanner", UIDValidity: 7, UID: 9, UniqueID: "nine"}}
	}
	records(h, p, f)
	known = knows(h, p, 7)
	if len(known.UniqueIDs) != 2 || len(known.Hidden) != 1 || len(p.Listing().Entries) != 3 {
		h.Errorf("a login knows %+v", known)
	}
	ring, err := s.Secrets.Keyring(h.Context(), "alice@example.org")
	if err != nil {
		h.Errorf("device passwords: %v", err)
	} else if len(ring.Passwords) == 0 {
		if err := s.Secrets.AddDevicePassword(h.Context(), "alice@example.org", "", translate.DevicePassword{Device: "scanner"}, nil); err != nil {
			h.Error(err)
		}
	}
	closes(h, p)
	closes(h, s)
}

func (h *harmed) check(repair bool) checkup.Report {
	h.Helper()
	o := h.at.Options
	o.Log = func(string, string, ...any) {}
	r, err := ledger.Check(h.Context(), o, repair, func(string) {})
	if err != nil {
		h.Fatal(err)
	}
	return r
}

// run runs what no rule of the schema holds up.
func (h *harmed) run(statement string) {
	h.Helper()
	driver, source, first := "sqlite", "file:"+(&url.URL{Path: h.at.Source}).EscapedPath(), "PRAGMA foreign_keys = 0"
	if h.at.Driver == ledger.DriverPostgres {
		driver, source, first = "pgx", h.at.Source, "SET session_replication_role = replica"
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		h.Fatal(err)
	}
	defer closes(h, db)
	db.SetMaxOpenConns(1)
	for _, text := range []string{first, statement} {
		if _, err := db.Exec(text); err != nil {
			h.Fatal(fmt.Errorf("%s: %w", text, err))
		}
	}
}

// A ledger that is served is checked, and not repaired.
func TestAServedLedgerIsNotRepaired(t *testing.T) {
	at := sqliteAt(t)
	s := at.open(t)
	if r, err := ledger.Check(t.Context(), withoutLog(at), false, func(string) {}); err != nil || r.Found != 0 {
		t.Errorf("the check: %+v, %v", r, err)
	}
	if _, err := ledger.Check(t.Context(), withoutLog(at), true, func(string) {}); err == nil || !strings.Contains(err.Error(), "is served: stop the popbridge that serves it first, and start one when it is repaired") {
		t.Errorf("the repair: %v", err)
	}
	closes(t, s)
}

func withoutLog(at place) ledger.Options {
	o := at.Options
	o.Log = func(string, string, ...any) {}
	return o
}

// What metrics ask for whenever they are read does not grow with the accounts.
func TestFrozenAccountsAreCountedByTheirIndex(t *testing.T) {
	s := sqliteAt(t).open(t)
	if plan := ledger.Plan(t, s, ledger.FrozenQuery); !strings.Contains(plan, "USING COVERING INDEX pages_frozen") || strings.Contains(plan, "SCAN pages\n") {
		t.Errorf("the plan is:\n%s", plan)
	}
}
