package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"popbridge/tests/servers"
)

// shelves are the mailboxes beside INBOX of an account that has several.
var shelves = []string{"A", "B", "C", "D"}

// again is a mailbox that holds what INBOX holds: that one a virtual mailbox that is
// INBOX itself cannot show.
const again = "I"

// several measures maildrops over five mailboxes: against one mailbox, and on local mail
// against the virtual mailbox of Dovecot's plugin. Messages came into the mailboxes in
// turn, so that the order of their arrival changes the mailbox with each of them.
func several(s *site) []row {
	relay, err := startRelay(s.upstream.IMAP, roundTrip/2)
	s.must(err)
	s.Cleanup(func() { _ = relay.listener.Close() })
	distance := relay.listener.Addr().String()
	far, near := s.pairTo("far", distance), s.pairTo("near", s.upstream.IMAP)
	return append(s.severalFar(far), s.severalFirst(near), s.severalVirtual(near.five))
}

// pairTo starts both in front of an IMAP server.
func (s *site) pairTo(name, address string) (p pair) {
	p.five = s.popbridgeListening("five "+name, address, "", "maildrop:\n  default: {mailbox: [INBOX, A, B, C, D]}\n", "sqlite")
	p.one = s.popbridgeListening("one "+name, address, "", "", "sqlite")
	p.five.name, p.one.name = "popbridge over five mailboxes", "over one mailbox"
	return p
}

// pair is popbridge with a maildrop over five mailboxes, and with one over INBOX alone.
type pair struct{ five, one *contender }

// shelved gives an account of so many messages in each of five mailboxes.
func (s *site) shelved(name string, each, size int) *box {
	if b := s.boxes[name]; b != nil {
		return b
	}
	folder := filepath.Join(s.dir, name)
	came := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for i, shelf := range append([]string{""}, shelves...) {
		dir := filepath.Join(folder, "Maildir")
		if shelf != "" {
			dir = filepath.Join(dir, "."+shelf)
		}
		for _, sub := range []string{"cur", "new", "tmp"} {
			s.must(os.MkdirAll(filepath.Join(dir, sub), 0o777))
		}
		for n := range each {
			stored := text(5*n+i, size)
			octets := int64(len(stored) + bytes.Count(stored, []byte("\n")))
			file := filepath.Join(dir, "cur", fileName(n, len(stored), octets))
			s.must(os.WriteFile(file, stored, 0o666))
			at := came.Add(time.Duration(5*n+i) * time.Minute)
			s.must(os.Chtimes(file, at, at))
			if shelf == "" {
				s.must(os.MkdirAll(filepath.Join(dir, "."+again, "cur"), 0o777))
				s.must(os.Link(file, filepath.Join(dir, "."+again, "cur", filepath.Base(file))))
			}
		}
	}
	s.must(give(folder))
	s.boxes[name] = &box{name: name}
	return s.boxes[name]
}

// glance is a poll that must see so many messages.
func (e entry) glance(user string, b *box, messages int, do func(*device) error) error {
	d, err := connect(e.address, e.tls)
	if err != nil {
		return err
	}
	defer d.close()
	if _, err := d.say("USER %s@%s", user, b.name); err != nil {
		return err
	}
	if _, err := d.say("PASS %s", password); err != nil {
		return err
	}
	for _, verb := range []string{"UIDL", "LIST"} {
		if _, err := d.say("%s", verb); err != nil {
			return err
		}
		wire, err := d.body()
		if err != nil {
			return err
		}
		if n := bytes.Count(wire, []byte("\n")) - 1; n != messages {
			return fmt.Errorf("%s lists %d messages instead of %d", verb, n, messages)
		}
	}
	if do != nil {
		if err := do(d); err != nil {
			return err
		}
	}
	return d.quit()
}

// severalFar is one device that polls, and one that retrieves, 50 ms away.
func (s *site) severalFar(p pair) []row {
	const each, retrieved = 100, 200
	b := s.shelved("shelves", each, 8000)
	r := s.rounds(3, []*contender{p.five, p.one}, func(c *contender, round int, r *results) sample {
		name, messages := c.distinctive+c.upstreamTo, each
		if c == p.five {
			messages = 5 * each
		}
		if round == 0 {
			r.take(failed(c.plain.glance(name, b, messages, nil)))
		}
		var took []float64
		for range 3 {
			began := time.Now()
			r.take(failed(c.plain.glance(name, b, messages, nil)))
			took = append(took, time.Since(began).Seconds()*1000)
		}
		var reading time.Duration
		r.take(failed(c.plain.glance(name, b, messages, func(d *device) error {
			began := time.Now()
			for n := range min(retrieved, messages) {
				if _, err := d.say("RETR %d", n+1); err != nil {
					return err
				}
				if _, err := d.body(); err != nil {
					return err
				}
			}
			reading = time.Since(began)
			return nil
		})))
		return sample{median(took), float64(min(retrieved, messages)) / reading.Seconds()}
	})
	poll := r.pairRow(p, 0, "50 ms: poll over 5 mailboxes, unchanged", "ms", true)
	if poll.aim = "one round trip more"; poll.other != nil {
		poll.bound = *poll.other + 1.5*float64(roundTrip.Milliseconds())
	}
	return []row{poll, r.pairRow(p, 1, "50 ms: RETR in order over 5 mailboxes, in turn", "msgs/s", false)}
}

// severalFirst is the first poll of an account.
func (s *site) severalFirst(p pair) row {
	const each = 1000
	b := s.shelved("first", each, 2000)
	r := s.rounds(5, []*contender{p.five, p.one}, func(c *contender, _ int, r *results) sample {
		messages := each
		if c == p.five {
			messages = 5 * each
		}
		name := s.fresh(c)
		began := time.Now()
		r.take(failed(c.plain.glance(name, b, messages, nil)))
		return sample{time.Since(began).Seconds() * 1000}
	})
	row := r.pairRow(p, 0, "first sight of 5 × 1,000 messages", "ms", true)
	if row.otherIs, row.aim = "five times one", "1.5 times that"; row.other != nil {
		row.other = measured(5 * *row.other)
		row.bound = 1.5 * *row.other
	}
	return row
}

// severalVirtual is what devices do each minute, on local mail.
func (s *site) severalVirtual(five *contender) row {
	const each = 100
	b := s.shelved("shelves", each, 8000)
	dir := filepath.Join(s.dir, "virtual")
	s.must(os.MkdirAll(filepath.Join(dir, "INBOX"), 0o777))
	s.must(os.WriteFile(filepath.Join(dir, "INBOX", "dovecot-virtual"), []byte("real/I\nreal/A\nreal/B\nreal/C\nreal/D\n  all\n"), 0o666))
	s.must(give(dir))
	own := servers.StartDovecot(s.stage, servers.Dovecot{Users: map[string]string{}, NoSpecialUse: true, Extra: upstreamConf(dir) + fmt.Sprintf(virtualConf, s.dir, dir)})
	virtual := &contender{name: "Dovecot's virtual plugin", plain: entry{address: own.POP3}, pids: own.Pids, distinctive: "v"}
	r := s.rounds(3, []*contender{five, virtual}, func(c *contender, round int, r *results) sample {
		one := func(client, _ int) error {
			return c.plain.glance(fmt.Sprintf("%s%d", c.distinctive, client), b, 5*each, nil)
		}
		if round == 0 {
			r.take(clients(4, times(8), one)) // everyone is warm
		}
		t := clients(4, during(pollTime), one)
		r.take(t)
		return sample{t.perSecond()}
	})
	return r.pairRow(pair{five, virtual}, 0, "poll over 5 × 100 messages, 4 clients", "sessions/s", false)
}

const virtualConf = `mail_plugins = virtual
namespace inbox {
 inbox = no
 prefix = real/
 location = maildir:%[1]s/%%d/Maildir
}
namespace virtual {
 inbox = yes
 prefix =
 separator = /
 location = virtual:%[2]s
}
`

// pairRow is a row of one figure for five mailboxes, beside that of another contender.
func (r *results) pairRow(p pair, place int, work, unit string, less bool) row {
	five, one := r.median(p.five.name, place), r.median(p.one.name, place)
	fmt.Printf("%s: %s, %s %s %s; spread of the rounds up to %.0f %%, %d errors\n", work, show(five), p.one.name, show(one), unit, 100*r.noise(place), r.errors)
	if r.first != nil {
		fmt.Printf("  the first error: %v\n", r.first)
	}
	return row{work: work, unit: unit, less: less, popbridge: five, other: one, otherIs: p.one.name, errors: r.errors, firstError: r.first}
}
