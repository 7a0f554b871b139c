package main

import (
	"fmt"
	"time"
)

// rest is how long sessions are left alone before they are measured: popbridge
// lets go of upstream connections after five seconds of silence, and Go gives
// memory back to the system bit by bit.
const rest = 12 * time.Second

// idle measures sessions that have logged in and say nothing.
func idle(s *site) []row {
	plain := s.idlers("popbridge idle", func(c *contender) entry { return c.plain })
	secure := s.idlers("popbridge idle TLS", func(c *contender) entry { return c.secure })
	ours := func(r *results, work string) row {
		return r.row(0, work, "kB", true, "none", 0, "20 kB").atMost(28).wanted(20)
	}
	return []row{
		ours(plain, "memory of an idle session (PSS)"),
		ours(secure, "memory of an idle session (PSS), TLS"),
		plain.row(1, "upstream connections for an idle session", "each", true, "none", 0, ""),
	}
}

// idlers measures the memory of an idle session, and its connections upstream.
func (s *site) idlers(name string, port func(*contender) entry) *results {
	b := s.box("ten", 10, 2000)
	sides := []*contender{s.popbridge(name, s.upstream.IMAP, "sqlite"), s.imapc("imapc", s.upstream.IMAP)}
	sessions := map[string]int{"popbridge": 2000, "imapc": 300}
	return s.rounds(1, sides, func(c *contender, _ int, r *results) sample {
		account := func(n int) (string, *box) { return fmt.Sprintf("%sidle%d", c.distinctive, n), b }
		// The first sessions pay for what all share.
		before := s.hold(port(c), 50, r, account, func() float64 { return float64(pssOf(c.pids())) })
		n := sessions[c.name]
		var connections int
		after := s.hold(port(c), n, r, account, func() float64 {
			var err error
			connections, err = connectionsTo(c.upstreamTo, c.pids())
			s.must(err)
			return float64(pssOf(c.pids()))
		})
		return sample{(after - before) / float64(n-50), float64(connections) / float64(n)}
	})
}

// hold opens so many sessions, lets them rest, takes a measurement and ends them.
func (s *site) hold(port entry, n int, r *results, account func(n int) (string, *box), measure func() float64) float64 {
	devices := make([]*device, n)
	r.take(clients(8, times(n), func(_, turn int) error {
		d, err := connect(port.address, port.tls)
		if err != nil {
			return err
		}
		devices[turn] = d
		user, b := account(turn)
		return d.login(user, b)
	}))
	time.Sleep(rest)
	value := measure()
	r.take(clients(8, times(n), func(_, turn int) error {
		d := devices[turn]
		if d == nil {
			return nil // it is counted already
		}
		defer d.close()
		return d.quit()
	}))
	return value
}
