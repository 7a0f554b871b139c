package main

import (
	"fmt"
	"time"
)

// roundTrip is the distance of the upstream in the rows of a wide area.
const roundTrip = 50 * time.Millisecond

// far measures proxies whose upstream is 50 ms away.
func far(s *site) []row {
	relay, err := startRelay(s.upstream.IMAP, roundTrip/2)
	s.must(err)
	s.Cleanup(func() { _ = relay.listener.Close() })
	address := relay.listener.Addr().String()
	bridge, imapc := s.popbridge("popbridge far", address, "sqlite"), s.imapc("imapc far", address)
	distant := s.rawSide()
	distant.upstreamTo = address
	sides := []*contender{bridge, imapc}
	return []row{s.farPoll(sides), s.farRetrieve(append(sides, distant)), s.farFirst(append(sides, distant))}
}

// farPoll is one device that polls again and again. Its mailbox has 10 messages.
func (s *site) farPoll(sides []*contender) row {
	b := s.box("ten", 10, 2000)
	r := s.rounds(3, sides, func(c *contender, round int, r *results) sample {
		name := c.distinctive + "far"
		if round == 0 {
			r.take(failed(c.plain.poll(name, b)))
		}
		var took []float64
		for range 3 {
			began := time.Now()
			r.take(failed(c.plain.poll(name, b)))
			took = append(took, time.Since(began).Seconds()*1000)
		}
		return sample{median(took)}
	})
	return r.row(0, "50 ms: poll, 10 messages, unchanged", "ms", true, "raw", 5, "one round trip or none")
}

// farRetrieve is one device that retrieves 200 messages, one after another.
func (s *site) farRetrieve(sides []*contender) row {
	const messages = 200
	b := s.box("small", 1000, 8000)
	r := s.rounds(2, sides, func(c *contender, round int, r *results) sample {
		name := c.distinctive + "far"
		if c.name != "raw" && round == 0 {
			r.take(failed(c.plain.poll(name, b)))
		}
		sessions := 5
		if c.name == "imapc" {
			sessions = 1 // it takes ten seconds
		}
		var rates []float64
		for range sessions {
			var took time.Duration
			var err error
			if c.name == "raw" {
				err = rawSession(c.upstreamTo, name, b, func(i *raw) error {
					began := time.Now()
					_, err := i.bodies(fmt.Sprintf("1:%d", messages), messages)
					took = time.Since(began)
					return err
				})
			} else {
				err = c.plain.session(name, b, func(d *device) error {
					began := time.Now()
					err := d.inOrder(b, messages)
					took = time.Since(began)
					return err
				})
			}
			r.take(failed(err))
			rates = append(rates, messages/max(took.Seconds(), 1e-9))
		}
		return sample{median(rates)}
	})
	row := r.row(0, "50 ms: RETR of 200 in order", "msgs/s", false, "raw", 60, "100×").wanted(100)
	row.otherIs = "raw in bulk"
	return row
}

// farFirst is the first poll of an account with 1,000 messages. Dovecot needs
// most of a minute for it, so there is one round.
func (s *site) farFirst(sides []*contender) row {
	b := s.box("thousand", 1000, 2000)
	r := s.rounds(1, sides, func(c *contender, _ int, r *results) sample {
		name := s.fresh(c)
		began := time.Now()
		if c.name == "raw" {
			r.take(failed(rawSession(c.upstreamTo, name, b, func(i *raw) error { return i.list(b) })))
		} else {
			r.take(failed(c.plain.poll(name, b)))
		}
		return sample{time.Since(began).Seconds()}
	})
	return r.row(0, "50 ms: first sight of 1,000 messages", "s", true, "raw", 0, "")
}
