package ledger_test

import (
	"testing"

	"popbridge/proxy/ledger"
	"popbridge/translate"
)

// polls is what a login asks, and what it records where nothing is new.
func polls(t *testing.T, s *ledger.Store) {
	t.Helper()
	k := key("scanner")
	done(t, s.Events.Sync(t.Context()))
	_, err := s.Progress.Placement(t.Context(), k.Account)
	done(t, err)
	p := opens(t, s, k)
	knows(t, p, 7)
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, upTo(3)...)}, Formats: []translate.Span{{From: 1}}})
	closes(t, p)
}

// TestAnUnchangedPollAsksNothing: what SQLite has answered it is not asked again, while
// devices that are others' log in for the first time.
func TestAnUnchangedPollAsksNothing(t *testing.T) {
	for name, at := range map[string]place{"a file": sqliteAt(t), "memory": {ledger.Options{Driver: ledger.DriverMemory}, false, nil}} {
		s := at.open(t)
		polls(t, s)
		polls(t, s)
		other := key("phone")
		other.Account, other.Login = "bob@example.org", "bob"
		p := opens(t, s, other)
		records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, 1)}})
		before := ledger.Asked(s)
		if polls(t, s); ledger.Asked(s) != before {
			t.Errorf("%s was asked %d things", name, ledger.Asked(s)-before)
		}
	}
}

// changing are statements that change what a login reads, each in the state that the one
// before it and a login have left.
var changing = []string{
	"UPDATE pages SET revision = revision + 2",
	"UPDATE pages SET frozen = 'why'",
	"UPDATE pages SET accept_new_ids = NOT accept_new_ids",
	"INSERT INTO pages (account, maildrop) VALUES ('alice@example.org', 'default' || char(31) || 'Sent')",
	"UPDATE pages SET account = 'carol' WHERE maildrop <> 'default'",
	"UPDATE pages SET account = 'alice@example.org' WHERE account = 'carol'",
	"DELETE FROM pages WHERE maildrop <> 'default'",
	"UPDATE page_devices SET revision = revision + 2",
	"UPDATE page_devices SET last_login = 1",
	"UPDATE page_devices SET left_out = 'x'",
	"UPDATE page_devices SET device = 'phone'",
	"DELETE FROM page_devices",
	"INSERT OR REPLACE INTO page_devices (page_id, device, first_login, last_login) SELECT id, 'scanner', 3, 4 FROM pages",
	"INSERT INTO page_order (owner, chunk, data) SELECT id, 1, x'00' FROM pages",
	"DELETE FROM page_order",
	"INSERT INTO intents (page_id, mailbox_id, uidvalidity, device, owner, fence, data) SELECT id, mailbox_id, 7, '', '', 1, x'00' FROM pages",
	"DELETE FROM intents",
	"INSERT INTO known_devices (account, device, added_at) VALUES ('alice@example.org', 'scanner', 1)",
	"DELETE FROM known_devices",
	"INSERT INTO watches (account, device, began, last_login) VALUES ('alice@example.org', 'scanner', 1, 2)",
	"INSERT INTO watches (account, device, began, overdue_at) VALUES ('alice@example.org', 'scanner', 1, 3)",
	"INSERT INTO moves (account, upstream) VALUES ('alice@example.org', 'new')",
	"UPDATE moves SET disabled_at = 7",
	"DELETE FROM moves",
	"UPDATE snapshots SET revision = revision + 2, uidnext = 9",
	"UPDATE snapshots SET keys_revision = 5",
	"UPDATE mailboxes SET uidvalidity = 8",
	"DELETE FROM snapshots",
	"DELETE FROM pages",
	"DELETE FROM pages; UPDATE mailboxes SET mailbox = 'Other'",
	"DELETE FROM pages; DELETE FROM mailboxes",
}

// TestWhateverIsChangedIsRead: what a login recalls is what is there, whoever has changed
// it, in whichever way.
func TestWhateverIsChangedIsRead(t *testing.T) {
	at := sqliteAt(t)
	s := at.open(t)
	for who, by := range map[string]*ledger.Store{"the service": s, "a command": command(t, at)} {
		for _, statement := range changing {
			polls(t, s)
			before, _ := ledger.Recalled(t, s, key("scanner"))
			ledger.Damage(t, by, statement)
			recalled, read := ledger.Recalled(t, s, key("scanner"))
			if recalled != read {
				t.Errorf("%s has run %q, and a login reads\n%s\ninstead of\n%s", who, statement, recalled, read)
			}
			if read == before {
				t.Errorf("%q changes nothing that a login reads", statement)
			}
		}
	}
}
