package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// old measures accounts that are still on an old POP3 server, which Dovecot's own
// plays: what learning adds to a device's session, and how fast a harvest is.
func old(s *site) []row {
	const keys = ", protocol: pop3"
	learning := s.popbridgeTo("popbridge old", s.upstream.POP3, keys, "sqlite")
	forgetful := s.popbridgeTo("popbridge old, memory", s.upstream.POP3, keys, "memory")
	forgetful.name, forgetful.distinctive = "learning nothing", "m"
	rows := s.learning([]*contender{learning, forgetful, s.own()})
	return append(rows, s.harvests(learning), s.farHarvest())
}

// learning is the first session of accounts with 100 messages, of which a device
// retrieves 10. With a ledger on disk popbridge learns these from what passes, and
// the others with TOP when the device has gone; without one it learns nothing.
func (s *site) learning(sides []*contender) []row {
	b := s.box("hundred", 100, 2000)
	r := s.rounds(3, sides, func(c *contender, _ int, r *results) sample {
		const sessions = 100
		proxy, began := cpuOf(c.pids()), time.Now()
		t := clients(1, times(sessions), func(int, int) error {
			return c.plain.session(s.fresh(c), b, func(d *device) error {
				if err := d.listing("UIDL", b.uidl); err != nil {
					return err
				}
				return d.inOrder(b, 10)
			})
		})
		took := time.Since(began)
		r.take(t)
		return sample{took.Seconds() * 1000 / sessions, (cpuOf(c.pids()) - proxy).Seconds() * 1000 / sessions}
	})
	rows := []row{
		r.row(0, "old server: first session, 10 of 100 retrieved", "ms", true, "learning nothing", 0, ""),
		r.row(1, "old server: CPU of the proxy for it", "ms", true, "learning nothing", 0, ""),
	}
	direct := r.median("own", 0)
	fmt.Printf("  the old server without a proxy: %s ms\n", show(direct))
	return rows
}

// harvests is how many accounts with 100 messages a harvest goes through, all
// headers read.
func (s *site) harvests(c *contender) row {
	const accounts = 300
	b := s.box("hundred", 100, 2000)
	r := s.rounds(2, []*contender{c}, func(c *contender, _ int, r *results) sample {
		var list strings.Builder
		for range accounts {
			fmt.Fprintf(&list, "%s@%s:%s\n", s.fresh(c), b.name, password)
		}
		took, err := s.harvest(c, list.String(), "--parallel", "8")
		r.take(failed(err))
		return sample{accounts / took.Seconds()}
	})
	return r.row(0, "harvest, 100 messages each, all headers, 8 at once", "accounts/s", false, "raw", 0, "")
}

// farHarvest is how often a harvest of 1,000 messages waits for a server that is
// 50 ms away, for each message. Login, listing, and the command's own start are in
// it.
func (s *site) farHarvest() row {
	relay, err := startRelay(s.upstream.POP3, roundTrip/2)
	s.must(err)
	s.Cleanup(func() { _ = relay.listener.Close() })
	c := s.popbridgeTo("popbridge old far", relay.listener.Addr().String(), ", protocol: pop3", "sqlite")
	b := s.box("thousand", 1000, 2000)
	r := s.rounds(2, []*contender{c}, func(c *contender, _ int, r *results) sample {
		took, err := s.harvest(c, fmt.Sprintf("%s@%s:%s\n", s.fresh(c), b.name, password))
		r.take(failed(err))
		return sample{took.Seconds() / roundTrip.Seconds() / float64(len(b.messages))}
	})
	return r.row(0, "50 ms: harvest of 1,000 messages, for each", "round trips", true, "raw", 0, "")
}

// harvest runs the command beside a popbridge that serves.
func (s *site) harvest(c *contender, accounts string, args ...string) (time.Duration, error) {
	path := filepath.Join(filepath.Dir(c.config), "accounts")
	if err := os.WriteFile(path, []byte(accounts), 0o600); err != nil {
		return 0, err
	}
	cmd := exec.Command(s.binary, append([]string{"migrate", "harvest", "--upstream", "mail", "--headers", "all", "--accounts", path, "--config", c.config}, args...)...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	began := time.Now()
	if err := cmd.Run(); err != nil {
		return 1, fmt.Errorf("harvest: %w: %s", err, said.String())
	}
	return time.Since(began), nil
}
