package account

import (
	"fmt"
	"strings"
	"testing"

	"popbridge/tests/bridge"
	"popbridge/tests/servers"
)

func dovecot(t *testing.T) *servers.Server {
	t.Helper()
	return servers.StartDovecot(t, servers.Dovecot{Users: map[string]string{owner: password}})
}

// TestAcceptNewIDs: a mailbox whose messages are others is refused until an
// operator has agreed, and once only.
func TestAcceptNewIDs(t *testing.T) {
	// A connection that has the old mailbox open is in Dovecot's way when it is
	// deleted.
	s := open(t, dovecot(t), "maildrop:\n  default:\n    mailbox: Queue\n", "reuse: 0s")
	replace := func(round int) {
		for i := range 24 { // so many that nobody can tell from each other are worth a look
			s.w.AppendTo("Queue", fmt.Appendf(nil, "X-Number: %d.%d\r\n\r\nText %[1]d.%[2]d.\r\n", round, i))
		}
	}
	s.w.CreateMailbox("Queue")
	replace(1)
	s.session(owner)
	for round := 2; round <= 3; round++ {
		s.w.DeleteMailbox("Queue")
		s.w.CreateMailbox("Queue")
		replace(round)
		s.refused(owner, "[SYS/TEMP]")
		bridge.Has(t, s.command(0, "accept-new-ids", owner), "maildrop default, may give messages new unique-ids")
		bridge.Has(t, s.command(0, "accept-new-ids", owner), "maildrop default, may give messages new unique-ids")
		bridge.Has(t, s.command(0, "show", owner), "new ones are accepted")
		if ids, _ := s.session(owner); len(ids) != 24 {
			t.Errorf("%d messages are listed, want 24", len(ids))
		}
		bridge.Has(t, s.command(0, "accept-new-ids", owner), "is not held back, so there is nothing to accept")
		if out := s.command(0, "show", owner); strings.Contains(out, "new ones are accepted") {
			t.Errorf("an agreement is left: %s", out)
		}
	}
}

// TestKnownDevices: a device that was not added is refused, until it is.
func TestKnownDevices(t *testing.T) {
	server := dovecot(t)
	s := open(t, server, "")
	s.fill(2)
	s.session(owner + "+phone")
	bridge.Has(t, s.command(0, "device", "add", owner, "scanner"), "device scanner of "+owner+" may log in", `login.devices is "any"`)
	known := open(t, server, "  devices: known\n")
	known.refused(owner+"+scanner", "[AUTH]")
	known.command(0, "device", "add", "Alice@Example.org", "Scanner")
	known.session(owner + "+scanner")
	known.refused(owner+"+scaner", "[AUTH]")
	bridge.Has(t, known.command(0, "device", "list", owner), "scanner  default   yes")
	bridge.Has(t, known.command(0, "device", "remove", owner, "scanner"), "is refused at its next login")
	known.refused(owner+"+scanner", "[AUTH]")
	s.command(0, "device", "add", owner, "scanner")
	bridge.Has(t, s.command(0, "device", "remove", owner, "scanner"), "off the list", "may log in all the same", `login.devices is "any"`)
	bridge.Has(t, known.command(1, "device", "remove", owner, "scanner"), "is not in the ledger as one that was added; it is listed because it has logged in", `it is refused since login.devices is "known"`)
}

// TestForget: a forgotten account begins anew.
func TestForget(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { forgets(t, onSQLite(t)) })
	t.Run("postgres", func(t *testing.T) { forgets(t, onPostgres(t)) })
}

func forgets(t *testing.T, state string) {
	s := openOn(t, dovecot(t), state, "maildrop:\n  default:\n    on_delete: hide\n")
	s.fill(3)
	s.session(owner, 1, 2)
	bridge.Has(t, s.command(2, "forget", owner), "2 hidden messages", "2 lines of the journal", "add --yes")
	if ids, _ := s.session(owner); len(ids) != 1 {
		t.Errorf("a question without an answer has changed something: %d messages are listed, want 1", len(ids))
	}
	bridge.Has(t, s.command(0, "forget", owner, "--yes"), "is forgotten")
	bridge.Has(t, s.command(1, "show", owner), "is not in the ledger")
	if ids, _ := s.session(owner); len(ids) != 3 {
		t.Errorf("%d messages are listed, want 3", len(ids))
	}
}

// TestShow: what a real service has remembered is explained.
func TestShow(t *testing.T) {
	s := open(t, dovecot(t), `maildrop:
  default:
    on_delete: archive
    visible: 30d
route:
  - user: "*@example.net"
    action: refuse
  - device: "scan*"
    client: [10.0.0.0/8]
    account: "{local}+{device}@example.org"
  - {}
  - device: never
`)
	s.fill(3)
	s.session(owner, 2)
	bridge.Has(t, s.command(0, "show", owner),
		"route[1]  device scan*, from 10.0.0.0/8  ->  upstream mail ", "as alice+{device}@example.org, maildrop default",
		"route[2]  any device", "devices see INBOX, the last 30d", `is moved to the mailbox with the special use \Archive (on_delete archive)`,
		"INBOX of "+owner+" at upstream mail", "3 messages, ", "dovecot from UID 1; 0 pinned ones", "all are settled", "1 deletion",
		"(none)  default ", "archive  Archive, UID 1")
	type shown struct {
		Routes    []struct{ Number int }
		Maildrops []struct{ Messages int }
		Devices   []struct{ Device string }
		Deletions []entry `json:"last_deletions"`
	}
	v := read[shown](s, "show", owner)
	if len(v.Routes) != 2 || v.Routes[0].Number != 1 || v.Routes[1].Number != 2 || len(v.Maildrops) != 1 || v.Maildrops[0].Messages != 3 || len(v.Devices) != 1 || len(v.Deletions) != 1 {
		t.Errorf("the JSON says %+v", v)
	}
	bridge.Has(t, s.command(0, "list"), owner, "default")
}
