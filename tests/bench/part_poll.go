package main

import (
	"fmt"
	"time"
)

// pollTime is how long one turn of a contender lasts.
const pollTime = 3 * time.Second

// poll measures what devices do each minute and nearly always for nothing.
func poll(s *site) []row {
	b := s.box("ten", 10, 2000)
	sides := []*contender{s.popbridge("popbridge", s.upstream.IMAP, "sqlite"), s.imapc("imapc", s.upstream.IMAP), s.own()}
	plain := s.polls(sides, b, pollTime, func(c *contender) entry { return c.plain })
	rows := []row{
		plain.row(0, "poll, 10 messages, 8 clients", "sessions/s", false, "own", 6, "8×").wanted(8),
		plain.row(1, "CPU of the proxy for 1,000 polls", "s", true, "own", 7, "10×").wanted(10),
		plain.row(2, "CPU of the upstream for 1,000 polls", "s", true, "own", 10, "near zero"),
	}
	secure := s.polls(sides, b, pollTime, func(c *contender) entry { return c.secure })
	resumed := s.resumedPolls(sides, b)
	return append(rows,
		secure.row(0, "poll, 10 messages, 8 clients, TLS", "sessions/s", false, "own", 3, "4×"),
		secure.row(1, "CPU of the proxy for 1,000 polls, TLS", "s", true, "own", 0, ""),
		resumed.row(1, "CPU of the proxy for 1,000 polls, TLS, sessions resumed", "s", true, "own", 6, "8×").wanted(8),
	)
}

// resumedPolls are polls of devices that offer a session of TLS to be resumed, and prints how
// many were: a server that resumes none gains nothing by it.
func (s *site) resumedPolls(sides []*contender, b *box) *results {
	ports := make(map[string]entry)
	for _, c := range sides {
		ports[c.name] = c.secure.resuming()
	}
	r := s.polls(sides, b, pollTime, func(c *contender) entry { return ports[c.name] })
	for _, c := range sides {
		var polls float64
		for _, one := range r.samples[c.name] {
			polls += one[0] * pollTime.Seconds()
		}
		fmt.Printf("TLS: %s resumed %d of some %.0f sessions\n", c.name, ports[c.name].resumed.Load(), polls)
	}
	return r
}

// polls samples sessions a second and the CPU seconds for a thousand of them, of
// the contender and of the upstream.
func (s *site) polls(sides []*contender, b *box, d time.Duration, port func(*contender) entry) *results {
	const parallel = 8
	return s.rounds(3, sides, func(c *contender, round int, r *results) sample {
		one := func(client, _ int) error { return port(c).poll(fmt.Sprintf("poll%d", client), b) }
		if round == 0 {
			r.take(clients(parallel, times(4*parallel), one)) // everyone is warm
		}
		proxy, upstream := cpuOf(c.pids()), cpuOf(s.upstream.Pids())
		t := clients(parallel, during(d), one)
		r.take(t)
		thousands := float64(max(t.done, 1)) / 1000
		return sample{
			t.perSecond(),
			(cpuOf(c.pids()) - proxy).Seconds() / thousands,
			(cpuOf(s.upstream.Pids()) - upstream).Seconds() / thousands,
		}
	})
}
