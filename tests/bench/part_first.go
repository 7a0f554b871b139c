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
	sides := []*contender{s.popbridge("popbridge", s.upstream.IMAP, "memory"), s.imapc("imapc", s.upstream.IMAP), s.rawSide()}
	turns := map[string]int{"popbridge": 400, "imapc": 32, "raw": 400}
	r := s.rounds(3, sides, func(c *contender, _ int, r *results) sample {
		names := make([]string, turns[c.name])
		for i := range names {
			names[i] = s.fresh(c)
		}
		proxy, upstream := cpuOf(c.pids()), cpuOf(s.upstream.Pids())
		t := clients(4, times(len(names)), func(_, turn int) error {
			if c.name == "raw" {
				return rawSession(c.upstreamTo, names[turn], b, func(i *raw) error { return i.list(b) })
			}
			return c.plain.poll(names[turn], b)
		})
		r.take(t)
		each := func(used time.Duration) float64 { return used.Seconds() * 1e3 / float64(max(t.done, 1)) }
		return sample{t.perSecond(), each(cpuOf(c.pids()) - proxy), each(cpuOf(s.upstream.Pids()) - upstream)}
	})
	return []row{
		r.row(0, "first sight of 1,000 messages, 4 clients", "sessions/s", false, "raw", 10, "1.3 times the time of raw"),
		r.row(1, "CPU of the proxy for each of these", "ms", true, "none", 0, ""),
		r.row(2, "CPU of the upstream for each of these", "ms", true, "raw", 0, ""),
	}
}

// huge measures a mailbox of 100,000 messages.
func huge(s *site) []row {
	b := s.box("huge", 100_000, 600)
	sides := []*contender{s.popbridge("popbridge", s.upstream.IMAP, "memory"), s.imapc("imapc", s.upstream.IMAP)}
	cold := s.rounds(2, append(sides, s.rawSide()), func(c *contender, round int, r *results) sample {
		began := time.Now()
		var err error
		if name := s.fresh(c); c.name == "raw" {
			err = rawSession(c.upstreamTo, name, b, func(i *raw) error { return i.list(b) })
		} else {
			err = c.plain.session(name, b, func(d *device) error { return d.listing("UIDL", b.uidl) })
		}
		r.take(failed(err))
		return sample{time.Since(began).Seconds()}
	})
	warm := s.rounds(3, append(sides, s.own()), func(c *contender, round int, r *results) sample {
		name := c.distinctive + "huge"
		if round == 0 {
			r.take(failed(c.plain.poll(name, b)))
		}
		var whole, login []float64
		for range 5 {
			p, l, err := c.plain.timed(name, b)
			r.take(failed(err))
			whole, login = append(whole, p.Seconds()*1000), append(login, l.Seconds()*1000)
		}
		return sample{median(whole), median(login)}
	})
	return []row{
		warm.row(0, "100,000 messages, unchanged: PASS to the end of UIDL", "ms", true, "own", 3, "time of writing the answer"),
		warm.row(1, "100,000 messages, unchanged: PASS and STAT", "ms", true, "own", 0, "constant"),
		cold.row(0, "100,000 messages, first sight: connect to QUIT with UIDL", "s", true, "raw", 10, "1.3 times raw"),
	}
}

// failed is a tally of one turn.
func failed(err error) tally {
	if err == nil {
		return tally{done: 1}
	}
	return tally{errors: 1, first: err}
}

// timed measures one session: from PASS to the answer of STAT, and on to the
// end of UIDL.
func (e entry) timed(user string, b *box) (whole, login time.Duration, err error) {
	d, err := connect(e.address, e.tls)
	if err != nil {
		return 0, 0, err
	}
	defer d.close()
	if _, err := d.say("USER %s@%s", user, b.name); err != nil {
		return 0, 0, err
	}
	began := time.Now()
	if _, err := d.say("PASS %s", password); err != nil {
		return 0, 0, err
	}
	if err := d.stat(b); err != nil {
		return 0, 0, err
	}
	login = time.Since(began)
	if err := d.listing("UIDL", b.uidl); err != nil {
		return 0, 0, err
	}
	whole = time.Since(began)
	return whole, login, d.quit()
}
