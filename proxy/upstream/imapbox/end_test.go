package imapbox_test

import (
	"testing"

	"popbridge/proxy/upstream"
	"popbridge/proxy/upstream/imapbox"
	"popbridge/tests/liars"
	"popbridge/translate"
)

// TestEndOfConnections: connections of an account or of one device end, those that are
// parked at once, those that are in use when they are let go; others stay.
func TestEndOfConnections(t *testing.T) {
	s := newSite(t)
	open := func(account, device string) *imapbox.Mailbox {
		t.Helper()
		r := s.request(account, liars.Password)
		r.Owner = translate.Login{Account: account + "@example.org", Device: device}
		m, err := s.pool.Open(s.ctx, r)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	ends := func(account, device string, want int) {
		t.Helper()
		if got := s.pool.End(account, device); got != want {
			t.Errorf("End of %q and device %q: %d connections, want %d", account, device, got, want)
		}
	}
	phone, scanner, bob := open("alice", "phone"), open("alice", "scanner"), open("bob", "")
	s.close(phone)
	s.close(bob)
	ends("alice@example.org", "printer", 0)
	ends("carol@example.org", "", 0)
	ends("", "", 0)
	s.logouts(0, 3)
	ends("alice@example.org", "Scanner", 1) // it is in use
	s.is("parked", upstream.Parked, 2)
	s.close(scanner)
	s.logouts(1, 2)
	scanner = open("alice", "scanner") // has taken what the phone has parked
	s.is("logins", upstream.Logins, 3)
	ends("alice@example.org", "phone", 0)
	s.close(scanner)
	ends("alice@example.org", "", 1)
	s.logouts(2, 1)
	s.close(open("bob", ""))
	s.is("logins", upstream.Logins, 3)
	// What has ended is not remembered for ever: a new connection may park.
	s.close(open("alice", ""))
	s.is("parked", upstream.Parked, 2)
	ends("alice@example.org", "", 1)
}
