package main

import (
	"fmt"
	"net"
	"time"
)

// imapcPatience is how long imapc may take for its first sight of 100,000 messages, each of
// which is a round trip of its own: half a minute on a quiet machine.
const imapcPatience = 150 * time.Second

// huge measures a mailbox of 100,000 messages.
func huge(s *site) []row {
	b, ten := s.box("huge", 100_000, 600), s.box("ten", 10, 2000)
	imapc := s.imapc("imapc", s.upstream.IMAP)
	sides := []*contender{s.popbridge("popbridge", s.upstream.IMAP, "sqlite"), imapc}
	cold, seen := s.hugeSights(b, append(sides, s.rawSide()), imapcPatience)
	if !seen {
		sides = sides[:1] // each of its sessions would be a first one
	}
	warm := s.rounds(3, append(sides, s.own()), func(c *contender, round int, r *results) sample {
		name := c.distinctive + "huge"
		if round == 0 {
			r.take(failed(c.plain.poll(name, b)))
			r.take(failed(c.plain.poll(name, ten)))
			r.take(failed(s.settle(c, name, b)))
		}
		large, small := c.plain.timings(name, b, 7, r), c.plain.timings(name, ten, 7, r)
		return sample{large.login + large.uidl, large.login, large.uidl + large.list, small.login}
	})
	alone, err := writingAlone(s, b)
	s.must(err)
	login := warm.row(1, "100,000 messages, unchanged: PASS and STAT", "ms", true, "own", 0, "as for 10 messages").atMost(3)
	if small := warm.median("popbridge", 3); small != nil {
		login.other, login.otherIs = small, "popbridge, 10 messages"
		login = login.wanted(1.5 * *small)
	}
	listing := warm.row(2, "100,000 messages, unchanged: UIDL and LIST", "ms", true, "own", 0, "time of writing the answers").atMost(10)
	listing.other, listing.otherIs = measured(alone), "their octets written at once"
	return []row{
		warm.row(0, "100,000 messages, unchanged: PASS to the end of UIDL", "ms", true, "own", 3, "time of writing the answer"),
		login,
		listing.wanted(1.5 * alone),
		cold.row(0, "100,000 messages, first sight: connect to QUIT with UIDL", "s", true, "raw", 10, "1.3 times raw"),
	}
}

// hugeSights are first sights: two of each contender, and one of imapc, with the account that its
// other rows are measured with, since it takes longer than all others together. seen says that it
// has come to its end. Where imapc runs out of patience its time is more than the figure.
func (s *site) hugeSights(b *box, sides []*contender, imapcPatience time.Duration) (r *results, seen bool) {
	r = s.rounds(2, sides, func(c *contender, round int, r *results) sample {
		name, most, work := s.fresh(c), patience, func(d *device) error { return d.listing("UIDL", b.uidl) }
		if c.name == "imapc" {
			if round > 0 {
				return r.samples[c.name][0]
			}
			name, most = c.distinctive+"huge", imapcPatience
		}
		began := time.Now()
		var err error
		if c.name == "raw" {
			err = rawSession(c.upstreamTo, name, b, func(i *raw) error { return i.list(b) })
		} else {
			err = c.plain.within(most).session(name, b, work)
		}
		took := sample{time.Since(began).Seconds()}
		if c.name == "imapc" {
			if seen = err == nil; !seen && time.Since(began) >= imapcPatience {
				fmt.Printf("imapc had not come to the end of its first sight of %d messages after %v: it takes longer than its figure says, and its other rows are left out\n", len(b.messages), imapcPatience)
				return took
			}
		}
		r.take(failed(err))
		return took
	})
	return r, seen
}

// timing is how long the steps of a session took, in milliseconds: PASS and STAT, and each
// listing to its end.
type timing struct{ login, uidl, list float64 }

// timings are the medians of n sessions.
func (e entry) timings(user string, b *box, n int, r *results) timing {
	var login, uidl, list []float64
	for range n {
		t, err := e.timed(user, b)
		r.take(failed(err))
		login, uidl, list = append(login, t.login), append(uidl, t.uidl), append(list, t.list)
	}
	return timing{median(login), median(uidl), median(list)}
}

// timed measures one session.
func (e entry) timed(user string, b *box) (t timing, err error) {
	d, err := connect(e.address, e.tls)
	if err != nil {
		return t, err
	}
	defer d.close()
	if _, err := d.say("USER %s@%s", user, b.name); err != nil {
		return t, err
	}
	for _, step := range []struct {
		took *float64
		do   func() error
	}{
		{&t.login, func() error {
			if _, err := d.say("PASS %s", password); err != nil {
				return err
			}
			return d.stat(b)
		}},
		{&t.uidl, func() error { return d.listing("UIDL", b.uidl) }},
		{&t.list, func() error { return d.listing("LIST", b.list) }},
	} {
		began := time.Now()
		if err := step.do(); err != nil {
			return t, err
		}
		*step.took = time.Since(began).Seconds() * 1000
	}
	return t, d.quit()
}

// writingAlone is how long UIDL and LIST take of a server that has nothing to do but to write
// their octets, in milliseconds: what the machine and the device that reads them allow.
func writingAlone(s *site, b *box) (float64, error) {
	answers := make(map[string][]byte)
	if err := s.own().plain.session("reference", b, func(d *device) error {
		for _, verb := range []string{"UIDL", "LIST"} {
			if _, err := d.say("%s", verb); err != nil {
				return err
			}
			body, err := d.body()
			if err != nil {
				return err
			}
			answers[verb] = append([]byte("+OK\r\n"), body...)
		}
		return nil
	}); err != nil {
		return 0, err
	}
	address, closed, err := recite(answers)
	if err != nil {
		return 0, err
	}
	defer closed()
	d, err := connect(address, nil)
	if err != nil {
		return 0, err
	}
	defer d.close()
	var took []float64
	for range 9 {
		began := time.Now()
		if err := d.listing("UIDL", b.uidl); err != nil {
			return 0, err
		}
		if err := d.listing("LIST", b.list); err != nil {
			return 0, err
		}
		took = append(took, time.Since(began).Seconds()*1000)
	}
	fmt.Printf("UIDL and LIST of %d messages, written at once: %.2f ms\n", len(b.messages), median(took))
	return median(took), nil
}

// recite is a server of one connection that answers each line with what is prepared for it.
func recite(answers map[string][]byte) (address string, closed func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	go func() {
		nc, err := l.Accept()
		if err != nil {
			return
		}
		defer nc.Close()
		for answer, command := []byte("+OK\r\n"), make([]byte, 512); ; {
			if _, err := nc.Write(answer); err != nil {
				return
			}
			n, err := nc.Read(command)
			if err != nil || n < 2 {
				return
			}
			answer = answers[string(command[:n-2])]
		}
	}()
	return l.Addr().String(), func() { _ = l.Close() }, nil
}
