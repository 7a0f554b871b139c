package main

import (
	"fmt"
	"time"
)

// retrieve measures messages on their way to devices: many small ones, and large
// ones.
func retrieve(s *site) []row {
	sides := []*contender{s.popbridge("popbridge", s.upstream.IMAP, "sqlite"), s.imapc("imapc", s.upstream.IMAP), s.own(), s.rawSide()}
	return append(s.small(sides), s.large(sides)...)
}

const parallel = 16

// small retrieves all messages of a mailbox by 16 devices at once.
func (s *site) small(sides []*contender) []row {
	b := s.box("small", 1000, 8000)
	r := s.rounds(3, sides, func(c *contender, _ int, r *results) sample {
		names := s.warm(c, b, r)
		proxy, upstream := cpuOf(c.pids()), cpuOf(s.upstream.Pids())
		t := clients(parallel, times(parallel), func(_, turn int) error {
			if c.name == "raw" {
				return rawSession(c.upstreamTo, names[turn], b, func(i *raw) error {
					_, err := i.bodies("1:*", len(b.messages))
					return err
				})
			}
			return c.plain.session(names[turn], b, func(d *device) error { return d.inOrder(b, len(b.messages)) })
		})
		r.take(t)
		messages := t.perSecond() * float64(len(b.messages))
		each := func(used time.Duration) float64 { return used.Seconds() * 1e6 / float64(parallel*len(b.messages)) }
		return sample{messages, each(cpuOf(c.pids()) - proxy), each(cpuOf(s.upstream.Pids()) - upstream)}
	})
	bulk := r.row(0, "RETR of 1,000 × 8 KB in order, 16 clients", "msgs/s", false, "raw", 0, "")
	ordered := r.row(0, "RETR of 1,000 × 8 KB in order, 16 clients", "msgs/s", false, "own", 2.5, "own POP3")
	ordered.otherIs += ", raw in bulk " + show(bulk.other)
	return []row{
		ordered,
		r.share(0, "RETR of 1,000 × 8 KB in order, 16 clients: beside the upstream's own POP3", false, "own", "own POP3", 1.5, 2),
		r.row(1, "CPU of the proxy for each of these", "µs", true, "own", 0, ""),
		r.row(2, "CPU of the upstream for each of these", "µs", true, "raw", 0, ""),
	}
}

// warm gives 16 accounts that the contender has seen.
func (s *site) warm(c *contender, b *box, r *results) []string {
	names := make([]string, parallel)
	for i := range names {
		names[i] = fmt.Sprintf("%s%d", c.distinctive, i)
		if c.name != "raw" {
			r.take(failed(c.plain.poll(names[i], b)))
		}
	}
	return names
}

// inOrder retrieves the first n messages.
func (d *device) inOrder(b *box, n int) error {
	for i := range n {
		if _, err := d.retrieve(b, i+1); err != nil {
			return err
		}
	}
	return nil
}

// large retrieves 26 MB: the time until +OK by one device alone, and how much
// comes through to 16.
func (s *site) large(sides []*contender) []row {
	b := s.box("large", 1, 26<<20)
	r := s.rounds(3, sides, func(c *contender, _ int, r *results) sample {
		names := s.warm(c, b, r)
		until := func(name string) (until time.Duration, err error) {
			if c.name == "raw" {
				return until, rawSession(c.upstreamTo, name, b, func(i *raw) error {
					until, err = i.bodies("1:*", 1)
					return err
				})
			}
			return until, c.plain.session(name, b, func(d *device) error {
				until, err = d.retrieve(b, 1)
				return err
			})
		}
		var alone []float64
		for range 5 {
			wait, err := until(names[0])
			r.take(failed(err))
			alone = append(alone, wait.Seconds()*1000)
		}
		t := clients(parallel, times(parallel), func(_, turn int) error {
			_, err := until(names[turn])
			return err
		})
		r.take(t)
		return sample{median(alone), t.perSecond() * float64(b.octets) / 1e6}
	})
	return []row{
		r.row(0, "RETR of 26 MB: until +OK", "ms", true, "own", 10, "raw"),
		r.row(1, "RETR of 26 MB, 16 clients", "MB/s", false, "raw", 1.5, "raw"),
		r.share(1, "RETR of 26 MB, 16 clients: share of raw", false, "raw", "raw", 0.7, 0.9),
	}
}
