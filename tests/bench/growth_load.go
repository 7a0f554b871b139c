package main

import (
	"fmt"
	"os"
	"time"

	"popbridge/tests/servers"
)

// byAccounts polls a few accounts of many. popbridge's ledger is filled with copies of one that
// it has seen; Dovecot, which has a folder for each account, has to see each of them.
func (s *site) byAccounts() []curve {
	b := s.box("ten", 10, 2000)
	var ours []curve
	var server *servers.Postgres
	if s.chosen("popbridge") {
		server = servers.StartPostgres(s.stage)
		ours = []curve{{chart: "accounts", name: "popbridge, SQLite"}, {chart: "accounts", name: "popbridge, PostgreSQL"}}
	}
	var theirs *grown
	if s.chosen("imapc") {
		theirs = &grown{contender: s.imapc("imapc", s.upstream.IMAP), curves: []curve{{chart: "accounts", name: "Dovecot imapc"}}}
	}
	for i, n := range growthSizes {
		if server != nil {
			ours[0].add(float64(n), s.amongAccounts(server, "sqlite", n, b))
			ours[1].add(float64(n), s.amongAccounts(server, "postgres", n, b))
		}
		if theirs != nil {
			s.imapcAccounts(theirs, b, append([]int{0}, growthSizes...)[i], n)
		}
	}
	if theirs != nil {
		ours = append(ours, theirs.curves...)
	}
	return ours
}

// amongAccounts is the CPU of a poll with n accounts in a ledger that is made for it.
func (s *site) amongAccounts(server *servers.Postgres, driver string, n int, b *box) float64 {
	l := s.scaled(server, driver, n)
	defer l.drop()
	s.startScaled(l)
	err := l.side.plain.poll("template", b)
	s.stopScaled(l)
	s.must(err)
	s.copies(l, b.name, "u", firstID, n)
	s.numbersGoOn(l)
	s.startScaled(l)
	defer s.stopScaled(l)
	one := func(client, turn int) error { return l.side.plain.poll(l.small(spread(client, turn, n)), b) }
	s.must(clients(together, times(8*together), one).first) // everyone is warm
	side := &contender{name: "popbridge", pids: func() []int { return []int{l.cmd.Process.Pid} }}
	return s.cpuOfPoll(side, together, one)
}

// imapcAccounts lets Dovecot see more accounts than it has, and polls a few of all.
func (s *site) imapcAccounts(g *grown, b *box, have, n int) {
	if !g.see(n-have, func() error {
		return clients(4, times(n-have), func(_, turn int) error { return g.plain.poll(fmt.Sprintf("seen%d", have+turn), b) }).first
	}) {
		return
	}
	one := func(client, turn int) error { return g.plain.poll(fmt.Sprintf("seen%d", spread(client, turn, n)), b) }
	s.must(clients(together, times(8*together), one).first)
	g.curves[0].add(float64(n), s.cpuOfPoll(g.contender, together, one))
}

// spread is which account of n polls at a turn of a client: each has two of its own, or one
// where there are no more. The others are in the ledger alone.
func spread(client, turn, n int) int {
	own := min(2, n/together)
	return (client*own + turn/together%own) * (n / (together * own))
}

// bySessions polls while other sessions are open and silent, and has what all of them take of
// memory. Each session of Dovecot's is a process, and one more upstream: it ends at a thousand.
func (s *site) bySessions() []curve {
	b := s.box("ten", 10, 2000)
	sides := s.grownSides("crowded", "sessions", "")
	for _, g := range sides {
		g.curves = append(g.curves, curve{chart: "memory", name: g.curves[0].name})
	}
	held := make(map[*grown][]*device)
	defer func() {
		for _, devices := range held {
			for _, d := range devices {
				d.close()
			}
		}
	}()
	for _, n := range []int{10, 100, 1000, 10_000} {
		for _, g := range sides {
			if g.over = g.over || g.name == "imapc" && n > 1000; g.over {
				continue
			}
			more, first := make([]*device, n-len(held[g])), len(held[g])
			t := clients(8, times(len(more)), func(_, turn int) (err error) {
				if more[turn], err = connect(g.plain.address, nil); err != nil {
					return err
				}
				return more[turn].login(fmt.Sprintf("%scrowd%d", g.distinctive, first+turn), b)
			})
			for _, d := range more {
				if d != nil {
					held[g] = append(held[g], d)
				}
			}
			if g.over = t.errors > 0; g.over {
				fmt.Printf("growth by sessions: %s, %d sessions: %v\n", g.name, n, t.first)
				continue
			}
			time.Sleep(rest)
			g.curves[1].add(float64(n), float64(pssOf(g.pids()))/1000)
			one := func(client, _ int) error { return g.plain.poll(fmt.Sprintf("%samong%d", g.distinctive, client), b) }
			s.must(clients(together, times(8*together), one).first)
			g.curves[0].add(float64(n), s.cpuOfPoll(g.contender, together, one))
		}
	}
	return curvesOf(sides)
}

// drawAgain is what the option -redraw does: it measures nothing.
func drawAgain(picture string) int {
	if err := redraw(picture); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		return 1
	}
	return 0
}
