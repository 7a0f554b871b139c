package state_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"popbridge/tests/bridge"
	"popbridge/tests/servers"
)

// cluster is two popbridges on one PostgreSQL, with the model of what they serve.
type cluster struct {
	t       *testing.T
	random  *rand.Rand
	start   func() *bridge.Bridge
	proxies [2]*bridge.Bridge
	seats   []seat
	open    []*sitting
	limbo   map[seat]bool // its last session was cut; the lock may be held for seconds yet
	members []*member
	logins  int // that have succeeded
	refused int
	what    string
}

// TestTwoProxies plays 100 random sessions, several at a time, on two proxies
// that are killed now and then, in the middle of a QUIT too. The model knows
// after each step who holds which lock and who must see what.
func TestTwoProxies(t *testing.T) {
	t.Parallel()
	const sessions, kills = 100, 4
	c := newCluster(t)
	for step, killed := 0, 0; c.logins < sessions && !t.Failed(); step++ {
		c.what = fmt.Sprintf("step %d", step)
		switch {
		case killed < kills && c.logins >= (killed+1)*sessions/(kills+1):
			c.kill(killed % 2)
			killed++
		case len(c.open) == 0 || len(c.open) < 5 && c.random.IntN(4) == 0:
			c.login(c.seats[c.random.IntN(len(c.seats))])
		default:
			c.act(c.random.IntN(len(c.open)))
		}
	}
	for len(c.open) > 0 && !t.Failed() {
		c.end(0)
	}
	// Every device once more: what was left open is settled, and no lock is left.
	for _, s := range c.seats {
		client := patientLogin(t, c.proxies[c.random.IntN(2)], s.member.user, s.device)
		s.member.sit(t, client, s.device, "at last "+named(s.member.user, s.device))
		client.Quit()
	}
	for _, m := range c.members {
		m.conserved(t)
	}
	t.Logf("%d sessions, %d refused while another held the lock", c.logins, c.refused)
	if c.refused == 0 {
		t.Error("no lock was ever held")
	}
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	users := map[string]string{"tom@example.org": "trash", "eve@example.org": "expunge", "hue@example.org": "hide"}
	mail := dovecot(t, []string{"tom@example.org", "eve@example.org", "hue@example.org"}, "")
	d := onPostgres(servers.StartPostgres(t))
	drops, routes := "maildrop:\n", "route:\n"
	c := &cluster{t: t, random: rand.New(rand.NewPCG(100, 2)), limbo: make(map[seat]bool)}
	for _, user := range []string{"tom@example.org", "eve@example.org", "hue@example.org"} {
		drops += fmt.Sprintf("  %s: {on_delete: %s}\n", users[user], users[user])
		routes += fmt.Sprintf("  - {user: %q, maildrop: %s}\n", user, users[user])
		m := newMember(user, users[user], witness(t, mail, user))
		m.arrive(8)
		c.members = append(c.members, m)
		for _, device := range []string{"", "one", "two"} {
			c.seats = append(c.seats, seat{m, device})
		}
	}
	c.start = func() *bridge.Bridge { return d.serve(t, mail.IMAP, separator, drops, routes) }
	c.proxies = [2]*bridge.Bridge{c.start(), c.start()}
	return c
}

// login tries to open a session on either proxy. It must be refused exactly
// while the seat is taken; after a cut either may be.
func (c *cluster) login(s seat) {
	c.t.Helper()
	n := c.random.IntN(2)
	taken := slices.ContainsFunc(c.open, func(o *sitting) bool { return o.seat == s })
	client := bridge.Dial(c.t, c.proxies[n].Address("pop3"))
	client.OK("USER " + named(s.member.user, s.device))
	client.Send("PASS " + password(s.member.user) + "\r\n")
	answer := client.Line()
	what := c.what + ": " + named(s.member.user, s.device)
	switch {
	case strings.HasPrefix(answer, "-ERR [IN-USE] "):
		client.Cut()
		c.refused++
		if taken || !c.limbo[s] {
			if !taken {
				c.t.Errorf("%s: refused, and nobody is in", what)
			}
			return
		}
		client = patientLogin(c.t, c.proxies[n], s.member.user, s.device)
	case !strings.HasPrefix(answer, "+OK"):
		c.t.Fatalf("%s: %s", what, answer)
	case taken:
		c.t.Fatalf("%s: two sessions hold one lock", what)
	}
	c.logins++
	delete(c.limbo, s)
	seen := s.member.sit(c.t, client, s.device, what)
	c.open = append(c.open, &sitting{seat: s, c: client, proxy: n, seen: seen, marked: make(map[int]bool)})
}

// act lets one open session do something.
func (c *cluster) act(i int) {
	c.t.Helper()
	s := c.open[i]
	switch what := c.random.IntN(10); {
	case what == 0:
		s.member.arrive(1)
	case what < 4 && len(s.seen) > 0:
		s.retrieve(c.t, c.random.IntN(len(s.seen)), c.what)
	case what < 6 && len(s.seen) > 2:
		s.mark(c.random.IntN(len(s.seen)))
	case what == 6:
		s.c.OK("RSET")
		clear(s.marked)
	case what == 7:
		s.c.Cut()
		c.leave(i)
		c.limbo[s.seat] = true
	default:
		c.end(i)
	}
}

func (c *cluster) end(i int) {
	c.t.Helper()
	c.open[i].quit(c.t, c.what)
	c.leave(i)
}

func (c *cluster) leave(i int) { c.open = slices.Delete(c.open, i, i+1) }

// kill ends one proxy while all of its sessions say QUIT, and starts it again.
func (c *cluster) kill(n int) {
	c.t.Helper()
	quitting := slices.DeleteFunc(slices.Clone(c.open), func(s *sitting) bool { return s.proxy != n })
	answers := make(map[*sitting]string)
	for _, s := range quitting {
		s.c.Send("QUIT\r\n")
	}
	// Some have their answer before the end, the others are somewhere in QUIT.
	for _, s := range quitting[:c.random.IntN(len(quitting)+1)] {
		answers[s] = s.c.Rest()
	}
	c.proxies[n].Kill()
	c.open = slices.DeleteFunc(c.open, func(s *sitting) bool {
		if s.proxy != n {
			return false
		}
		marked := s.names()
		if strings.HasPrefix(answers[s]+s.c.Rest(), "+OK") {
			for _, name := range marked {
				s.member.gone(s.device)[name] = true
			}
		} else if len(marked) > 0 {
			s.member.doubt = append(s.member.doubt, doubt{s.device, marked})
		}
		c.limbo[s.seat] = true
		return true
	})
	c.proxies[n] = c.start()
}
