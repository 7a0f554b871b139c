package main

import (
	"fmt"
	"time"
)

// fresh gives login names that no proxy has seen in this run.
func (s *site) fresh(c *contender) string {
	s.logins++
	return fmt.Sprintf("%s%d", c.distinctive, s.logins)
}

// rawSide is the raw IMAP client as a contender.
func (s *site) rawSide() *contender {
	return &contender{name: "raw", pids: s.upstream.Pids, upstreamTo: s.upstream.IMAP, distinctive: "r"}
}

// first measures the first poll of an account with 1,000 messages.
func first(s *site) []row {
	b := s.box("thousand", 1000, 2000)
	// What a ledger keeps in a file is more than the others have: behind a first QUIT the session
	// learns what the messages hold. It has a row of its own, and the comparison goes without it.
	learning := *s.popbridge("popbridge", s.upstream.IMAP, "sqlite")
	learning.name = "learning"
	sides := []*contender{s.popbridge("popbridge first", s.upstream.IMAP, "memory"), &learning, s.imapc("imapc", s.upstream.IMAP), s.rawSide()}
	turns := map[string]int{"popbridge": 500, "learning": 300, "imapc": 32, "raw": 1000}
	warmUp := map[string]int{"popbridge": 100, "learning": 50, "imapc": 16, "raw": 50} // so that no start of a process is measured
	r := s.rounds(3, sides, func(c *contender, round int, r *results) sample {
		if round == 0 {
			r.take(s.sights(c, b, warmUp[c.name]))
		}
		proxy, upstream := cpuOf(c.pids()), cpuOf(s.upstream.Pids())
		t := s.sights(c, b, turns[c.name])
		r.take(t)
		each := func(used time.Duration) float64 { return used.Seconds() * 1e3 / float64(max(t.done, 1)) }
		return sample{t.perSecond(), each(cpuOf(c.pids()) - proxy), each(cpuOf(s.upstream.Pids()) - upstream), 1 / max(t.perSecond(), 1e-9)}
	})
	return []row{
		r.row(0, "first sight of 1,000 messages, 4 clients", "sessions/s", false, "raw", 15, "25×").wanted(25),
		r.share(3, "first sight of 1,000 messages: its time by that of raw", true, "raw", "raw", 2, 1.3),
		r.row(1, "CPU of the proxy for each of these", "ms", true, "none", 0, ""),
		r.row(2, "CPU of the upstream for each of these", "ms", true, "raw", 0, ""),
		{work: "first sight of 1,000 messages, 4 clients, SQLite, which learns what they hold", unit: "sessions/s", popbridge: r.median("learning", 0), imapc: r.median("imapc", 0), errors: r.errors, firstError: r.first},
	}
}

// sights are the first polls of so many accounts, by four devices at once.
func (s *site) sights(c *contender, b *box, n int) tally {
	names := make([]string, n)
	for i := range names {
		names[i] = s.fresh(c)
	}
	return clients(4, times(n), func(_, turn int) error {
		if c.name == "raw" {
			return rawSession(c.upstreamTo, names[turn], b, func(i *raw) error { return i.list(b) })
		}
		return c.plain.poll(names[turn], b)
	})
}
