package state_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"popbridge/tests/bridge"
	"popbridge/tests/liars"
)

// TestLoginsAtOnce: twenty devices of one account log in at the same moment, to a
// mailbox that popbridge has never seen, and to one that was rebuilt behind its back.
// All are let in, all see the same unique-ids, and an operator reads no ERROR.
func TestLoginsAtOnce(t *testing.T) {
	t.Parallel()
	for _, d := range drivers(t) {
		proxies := map[string]int{"sqlite": 1, "postgres": 2}[d.name]
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			server := liars.New(t, liars.Options{Caps: []string{"UIDPLUS", "MOVE"}})
			server.Mail(func(m *liars.Mail) {
				for i := range 60 { // enough to freeze the account, were they not recognised
					m.Inbox().Add(fmt.Sprintf("Message-ID: <more%d@x.test>\r\n\r\nmore\r\n", i))
				}
			})
			config := d.config(server.Address(), separator, "limits: {connections_per_ip: 1000}\n")
			config = strings.Replace(config, "tls: none", "tls: none\n    reuse: 0s", 1)
			s := &storm{t: t}
			for range proxies {
				s.proxies = append(s.proxies, bridge.Start(t, config, d.secrets()...))
			}
			for round := range 4 {
				user := fmt.Sprintf("round%d@example.org", round)
				known := s.login(user, nil)
				// What there is to learn by content is learned when no connection is left.
				settled(t, server)
				server.Mail(func(m *liars.Mail) {
					inbox := m.Inbox()
					inbox.UIDValidity += 10
					slices.Reverse(inbox.Messages)
					for i, msg := range inbox.Messages {
						msg.UID = uint32(i + 1)
					}
					inbox.UIDNext = uint32(len(inbox.Messages) + 1)
				})
				s.login(user, known)
				settled(t, server)
			}
			for _, b := range s.proxies {
				if strings.Contains(b.Output(), "[ERROR]") {
					t.Error("an operator reads an ERROR")
				}
			}
		})
	}
}

// settled waits until nobody is connected to a server any more.
func settled(t *testing.T, server *liars.Server) {
	t.Helper()
	for end := time.Now().Add(time.Minute); server.Connections() > 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d connections are left", server.Connections())
		}
	}
}

// storm is who logs in at once.
type storm struct {
	t       *testing.T
	proxies []*bridge.Bridge
}

// login has twenty devices of an account in, and gives what all of them see, which is
// want where that is not nil.
func (s *storm) login(user string, want []string) []string {
	s.t.Helper()
	const devices = 20
	var ready, done sync.WaitGroup
	seen := make([][]string, devices)
	ready.Add(devices)
	for n := range devices {
		done.Go(func() {
			c := bridge.Dial(s.t, s.proxies[n%len(s.proxies)].Address("pop3"))
			c.OK("USER " + named(user, fmt.Sprint("d", n)))
			ready.Done()
			ready.Wait()
			c.Send("PASS " + liars.Password + "\r\n")
			if answer := c.Line(); !strings.HasPrefix(answer, "+OK") {
				s.t.Errorf("%s, device %d: %s", user, n, answer)
				return
			}
			seen[n] = c.UniqueIDs()
			c.Quit()
		})
	}
	done.Wait()
	if want == nil {
		want = seen[0]
	}
	for n, ids := range seen {
		if !slices.Equal(ids, want) {
			s.t.Errorf("%s, device %d is shown %.10q, want %.10q", user, n, ids, want)
		}
	}
	return want
}
