package logins_test

import (
	"encoding/base64"
	"fmt"
	"net"
	"testing"

	"popbridge/tests/bridge"
	"popbridge/tests/servers"
)

const (
	userPassword   = "wonder land of alice"
	masterPassword = "master key of admin"
)

func base64Of(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

// TestMasterUsers opens alice's mailbox with a device password and a master user:
// Dovecot's, with and without a separator, and Cyrus' proxy administrator.
func TestMasterUsers(t *testing.T) {
	t.Parallel()
	users := map[string]string{alice: userPassword}
	dovecot := servers.StartDovecot(t, servers.Dovecot{Users: users, Masters: map[string]string{"admin": masterPassword}})
	cyrus := servers.StartCyrus(t, servers.Cyrus{
		Users: map[string]string{alice: userPassword, "admin@example.org": masterPassword}, Settings: map[string]string{"proxyservers": "admin@example.org"},
	})
	for _, c := range []struct {
		name      string
		server    *servers.Server
		separator string
		master    string
	}{
		{"Dovecot, separator", dovecot, servers.MasterSeparator, "admin"}, {"Dovecot, identity", dovecot, "", "admin"},
		{"Cyrus, identity", cyrus, "", "admin@example.org"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if len(servers.Dial(t, c.server.IMAP, alice, userPassword).UIDs("INBOX")) == 0 {
				servers.Dial(t, c.server.IMAP, alice, userPassword).Append([]byte(message))
			}
			keys := fmt.Sprintf("auth: master, master_user: %q, master_password: %q, master_separator: %q", c.master, masterPassword, c.separator)
			s := newStage(t, c.server.IMAP, keys, "either", masterPassword, userPassword)
			bridge.Has(t, s.command(0, "check", "--connect", "--account", alice), "logged in")
			scanner := s.devicePassword("scanner")
			s.reads(alice, scanner)
			s.reads(alice, scanner)      // the connection of before
			s.reads(alice, userPassword) // the server's own, which login = either takes too
			s.refused(alice, masterPassword, "[AUTH]")
			s.refused(alice, "wrong", "[AUTH]")
			s.refused("nobody@example.org", scanner, "[AUTH]")
		})
	}
}

// TestSCRAM proves the password to Dovecot without sending it.
func TestSCRAM(t *testing.T) {
	t.Parallel()
	d := servers.StartDovecot(t, servers.Dovecot{Users: map[string]string{alice: userPassword}, Mechanisms: "plain scram-sha-256"})
	servers.Dial(t, d.IMAP, alice, userPassword).Append([]byte(message))
	s := newStage(t, d.IMAP, "auth: scram-sha-256", "upstream", userPassword)
	s.reads(alice, userPassword)
	s.reads(alice, userPassword)
	s.refused(alice, userPassword+"x", "[AUTH]")
	logged(t, d, "user=<"+alice+">", "method=SCRAM-SHA-256")
	bridge.Has(t, s.command(0, "check", "--connect"), "upstream mail ("+d.IMAP+"): ok")
}

// TestTheServerHearsOfTheDevice: Dovecot's own log has the device's address, where
// it trusts popbridge.
func TestTheServerHearsOfTheDevice(t *testing.T) {
	t.Parallel()
	d := servers.StartDovecot(t, servers.Dovecot{Users: map[string]string{alice: userPassword}, Extra: "login_trusted_networks = 127.0.0.1 ::1"})
	servers.Dial(t, d.IMAP, alice, userPassword).Append([]byte(message))
	s := newStage(t, d.IMAP, "send_client_ip: true", "upstream", userPassword)
	device := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 77)}}
	nc, err := device.Dial("tcp", s.Address("pop3"))
	if err != nil {
		t.Fatal(err)
	}
	c := bridge.Use(t, nc)
	c.Expect("+OK")
	c.OK("USER " + alice)
	c.OK("PASS " + userPassword)
	c.Quit()
	logged(t, d, "user=<"+alice+">", "rip=127.0.0.77")
}
