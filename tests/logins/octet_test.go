package logins_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"popbridge/tests/bridge"
)

// TestEveryOctet: whatever stands in names and passwords is data. Each login is
// refused with one reply, nothing of it reaches the upstream, and then a device
// still logs in.
func TestEveryOctet(t *testing.T) {
	t.Parallel()
	server := masterDovecot(t, 1)
	s := devices(t, server.IMAP, plan{log: "info"})
	scanner := s.give("scanner", "--apop")
	var odd []string
	for octet := range 256 {
		odd = append(odd, string([]byte{byte(octet)}))
	}
	odd = append(odd, `"`, `\`, `\"`, "{5}", "{5+}", "*", "a * b", "x\r\nA1 LOGOUT", "%s%n", "' OR '1'='1", "$2", "*popbridge", strings.Repeat("x", 5000))
	messages := []func(name, password string) string{
		func(name, password string) string { return "AUTH PLAIN\r\n" + base64Of("\x00"+name+"\x00"+password) },
		func(name, password string) string {
			return "AUTH LOGIN\r\n" + base64Of(name) + "\r\n" + base64Of(password)
		},
		func(name, password string) string {
			return "AUTH SCRAM-SHA-256\r\n" + base64Of("n,,n="+name+",r="+password) + "\r\n*"
		},
		func(name, password string) string { return "AUTH CRAM-MD5\r\n" + base64Of(name+" "+password) },
		func(name, password string) string {
			return "AUTH XOAUTH2\r\n" + base64Of("user="+name+"\x01auth=Bearer "+password+"\x01\x01") + "\r\n*"
		},
		func(name, password string) string {
			return "AUTH OAUTHBEARER\r\n" + base64Of("n,a="+name+",\x01auth=Bearer "+password+"\x01\x01") + "\r\n*"
		},
	}
	for i, message := range messages {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			for _, o := range odd {
				for _, pair := range [][2]string{{o, "password"}, {alice + o, scanner}, {alice, scanner + o}} {
					if pair == [2]string{alice, scanner + " "} || pair == [2]string{alice, scanner + "-"} || pair == [2]string{alice + "+", scanner} {
						continue // blanks and hyphens are not looked at, nor is a device without a name
					}
					c := bridge.Dial(t, s.Address("pop3"))
					c.Send(message(pair[0], pair[1]) + "\r\n")
					for line := c.Line(); !strings.HasPrefix(line, "-ERR"); line = c.Line() {
						if !strings.HasPrefix(line, "+ ") {
							t.Fatalf("%q: %q", pair, line)
						}
					}
					c.Cut()
				}
			}
		})
	}
	t.Cleanup(func() {
		log, err := os.ReadFile(server.Log)
		if err != nil || strings.Contains(string(log), "auth failed") {
			t.Errorf("a login that is refused here was tried at the upstream (%v)", err)
		}
		s.sees(alice, scanner, 1)
	})
}
