package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"popbridge/tests/servers"
)

// letterSize is what most of the mail of devices has, in octets.
const letterSize = 10_000

// lettersSent is how many of them are sent in one turn of a contender.
const lettersSent = 2000

// send measures mail that devices send, beside a Postfix that is nothing but a relay: it
// queues each message on disk, where popbridge has the device wait. Both log in nobody by
// themselves: Postfix asks the upstream's Dovecot, whose CPU is not counted, and popbridge
// the server that the mail goes to.
func send(s *site) []row {
	letters := lettersOf(100, letterSize)
	sink, err := startSink(letters)
	s.must(err)
	s.Cleanup(func() { _ = sink.listener.Close() })
	plain := s.relaying("popbridge", sink, "never")
	sides := []*contender{plain, s.postfix(sink)}
	s.box("ten", 10, 2000) // the domain of those who send
	one, ten := s.sends(sides, sink, lettersSent, 1), s.sends(sides, sink, lettersSent, 10)
	filing := s.relaying("popbridge filing", sink, "always")
	filed := s.sends([]*contender{filing}, sink, lettersSent, 1)
	return []row{
		one.beside(0, "send 10 KB, one a connection, 16 clients", "msgs/s", false, 0.5),
		one.beside(1, "CPU of the relay for 1,000 of these", "s", true, 1),
		ten.beside(0, "send 10 KB, ten a connection, 16 clients", "msgs/s", false, 0.5),
		ten.beside(1, "CPU of the relay for 1,000 of these", "s", true, 1),
		filed.beside(0, "send 10 KB, one a connection, with a copy in Sent", "msgs/s", false, 0),
		filed.beside(1, "CPU of the relay for 1,000 of these", "s", true, 0),
		s.large50(sink, s.relaying("popbridge large", sink, "auto")),
	}
}

// beside makes a row of the samples of popbridge and Postfix.
func (r *results) beside(place int, work, unit string, less bool, atLeast float64) row {
	row := row{
		work: work, unit: unit, less: less, popbridge: r.median("popbridge", place), imapc: r.median("postfix", place), imapcIs: "Postfix",
		atLeast: atLeast, errors: r.errors, firstError: r.first,
	}
	better := "–"
	if ratio, ok := row.ratio(); ok {
		better = show(measured(ratio)) + "×"
	}
	fmt.Printf("%s: popbridge %s, Postfix %s %s, better by %s; spread of the rounds up to %.0f %%, %d errors\n", work, show(row.popbridge), show(row.imapc), unit, better, 100*r.noise(place), r.errors)
	if r.first != nil {
		fmt.Printf("  the first error: %v\n", r.first)
	}
	return row
}

// sends samples messages a second, until the last has come to where it is relayed to, and
// the CPU seconds for a thousand of them.
func (s *site) sends(sides []*contender, sink *sink, messages, each int) *results {
	return s.rounds(3, sides, func(c *contender, round int, r *results) sample {
		session := func(client, turn int) error {
			name := fmt.Sprintf("%s%d@ten", c.distinctive, client)
			d, err := sendAs(c.sends, name)
			for i := 0; err == nil && i < each; i++ {
				letter := sink.letters[(turn*each+i)%len(sink.letters)]
				err = d.send(name, 1, func(int) []byte { return letter })
			}
			if err == nil {
				err = d.quit()
			}
			return err
		}
		if round == 0 {
			before := sink.taken.Load()
			r.take(clients(parallel, times(2*parallel), session)) // everyone is warm
			r.take(sink.await(before + int64(2*parallel*each)))
		}
		before, used := sink.taken.Load(), cpuOf(c.pids())
		began := time.Now()
		t := clients(parallel, times(messages/each), session)
		r.take(t)
		r.take(sink.await(before + int64(t.done*each)))
		took := time.Since(began)
		r.take(sink.wrong())
		return sample{float64(t.done*each) / took.Seconds(), (cpuOf(c.pids()) - used).Seconds() * 1000 / float64(messages)}
	})
}

// await waits until so many messages have come.
func (s *sink) await(n int64) tally {
	for end := time.Now().Add(patience); s.taken.Load() < n; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			return failed(fmt.Errorf("%d messages of %d have come", s.taken.Load(), n))
		}
	}
	return tally{}
}

// relaying is popbridge in front of the sink, with what becomes of the copies.
func (s *site) relaying(name string, sink *sink, sent string) *contender {
	port := servers.FreePorts(s.stage, 1)[0]
	address := fmt.Sprintf("127.0.0.1:%d", port)
	keys := fmt.Sprintf(", submission: {address: %q, tls: none, sender: any, sent: %s}", sink.address(), sent)
	c := s.popbridgeListening(name, s.upstream.IMAP, keys, fmt.Sprintf("  send: {protocol: smtp, address: %q, tls: none, plaintext_auth: true}\n", address), "sqlite")
	c.sends = address
	return c
}

// postfix is a Postfix that relays to the sink, with what makes it fast: connections that
// stay open, and no brake on what comes in.
func (s *site) postfix(sink *sink) *contender {
	return s.side("postfix", func() *contender {
		host, port, _ := strings.Cut(sink.address(), ":")
		p := servers.StartPostfix(s.stage, filepath.Join(s.dir, "auth"), fmt.Sprintf(`virtual_mailbox_domains =
relayhost = [%s]:%s
smtp_connection_cache_destinations = [%[1]s]:%[2]s
in_flow_delay = 0
smtp_tls_security_level = none`, host, port))
		return &contender{name: "postfix", sends: p.Submission, pids: p.Pids, distinctive: "x"}
	})
}

// large50 is the memory that popbridge needs while 100 devices send 50 MB each at once,
// with the copies that there is room for.
func (s *site) large50(sink *sink, c *contender) row {
	const devices, pieces = 100, 50
	piece := bytes.Repeat(append(bytes.Repeat([]byte("x"), 70), "\r\n"...), 14_500) // 1,044,000 octets
	first := append([]byte("Subject: large\r\n\r\n"), piece...)
	before := sink.taken.Load()
	var wg sync.WaitGroup
	results := results{}
	var mu sync.Mutex
	for i := range devices {
		wg.Go(func() {
			name := fmt.Sprintf("large%d@ten", i)
			d, err := sendAs(c.sends, name)
			if err == nil {
				err = d.send(name, pieces, func(n int) []byte {
					if n == 0 {
						return first
					}
					return piece
				})
			}
			if err == nil {
				err = d.quit()
			}
			mu.Lock()
			defer mu.Unlock()
			results.take(failed(err))
		})
	}
	wg.Wait()
	results.take(sink.await(before + devices))
	peak, err := peakOf(c.pids()[0])
	results.take(failed(err))
	row := row{
		work: "100 devices send 50 MB each at once: memory of the relay", unit: "MB", less: true, popbridge: measured(float64(peak) / 1000), bound: 200, errors: results.errors, firstError: results.first,
	}
	fmt.Printf("%s: popbridge %s MB, %d errors\n", row.work, show(row.popbridge), row.errors)
	if row.firstError != nil {
		fmt.Printf("  the first error: %v\n", row.firstError)
	}
	return row
}

// peakOf is the most memory that a process has had, in kB.
func peakOf(pid int) (kilobytes int64, err error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	_, peak, _ := strings.Cut(string(data), "VmHWM:")
	_, err = fmt.Sscan(peak, &kilobytes)
	return kilobytes, err
}
