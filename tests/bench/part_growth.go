package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// growthCharts are what is drawn: what a poll takes as an installation grows.
var growthCharts = []chart{
	{"mailbox", "A poll with UIDL and LIST, by mailbox size", "messages in the mailbox", "ms of the proxy's CPU a poll"},
	{"accounts", "A poll of 10 messages, by accounts", "accounts in the ledger", "ms of the proxy's CPU a poll"},
	{"sessions", "A poll of 10 messages, by open sessions", "other sessions that are open", "ms of the proxy's CPU a poll"},
	{"memory", "Memory, by open sessions", "open sessions", "MB of memory (PSS)"},
}

const growthTitle = "What polls take of popbridge and of Dovecot's POP3 over imapc as an installation grows"

// growth measures what is drawn, keeps the figures beside the picture, and draws it. A
// contender that is measured alone leaves the others' figures as they are.
func growth(s *site) []row {
	began := time.Now()
	file := strings.TrimSuffix(s.picture, ".svg") + ".csv"
	_, old, err := readCurves(file)
	s.must(err)
	curves := old
	for _, measure := range []func(*site) []curve{(*site).byMailbox, (*site).byAccounts, (*site).bySessions} {
		var measured []curve
		if err := attempt(func() { measured = measure(s) }); err != nil {
			fmt.Printf("part growth: %v\n", err) // its curves stay as they were
		}
		curves = merge(curves, measured)
	}
	origin := fmt.Sprintf("%s, %s, %d CPUs (%s), %s", began.Format(time.DateOnly), system(), runtime.NumCPU(), cpuModel(), dovecotVersion())
	out, err := os.Create(file)
	s.must(err)
	s.must(writeCurves(out, origin, curves))
	s.must(out.Close())
	s.must(redraw(s.picture))
	fmt.Printf("%s is drawn from %s\n", s.picture, file)
	return nil
}

// redraw draws the picture from the figures that are kept beside it.
func redraw(picture string) error {
	file := strings.TrimSuffix(picture, ".svg") + ".csv"
	origin, curves, err := readCurves(file)
	if err == nil && len(curves) == 0 {
		err = fmt.Errorf("%s has no figures to draw", filepath.Clean(file))
	}
	if err != nil {
		return err
	}
	return os.WriteFile(picture, []byte(svg(growthTitle, origin, growthCharts, curves)), 0o644)
}

// chosen says whether a contender is to be measured.
func (s *site) chosen(name string) bool { return s.only == "" || s.only == name }

// growthSizes are those of mailboxes, and of what else grows.
var growthSizes = []int{10, 100, 1000, 10_000, 100_000}

// grown is a contender of a part of growth, with its curves there.
type grown struct {
	*contender
	curves []curve
	each   time.Duration // for one message, or account, of those that it has seen first
	over   bool          // it would take too long now
}

// grownSides starts the contenders that are to be measured. They take turns at each size, so that
// what else the machine does changes their distance as little as can be.
func (s *site) grownSides(name, chart string, endings ...string) []*grown {
	var sides []*grown
	for _, one := range []struct {
		name, title string
		start       func() *contender
	}{
		{"popbridge", "popbridge", func() *contender { return s.popbridge("popbridge "+name, s.upstream.IMAP, "sqlite") }},
		{"imapc", "Dovecot imapc", func() *contender { return s.imapc("imapc", s.upstream.IMAP) }},
	} {
		if !s.chosen(one.name) {
			continue
		}
		g := &grown{contender: one.start()}
		for _, ending := range endings {
			g.curves = append(g.curves, curve{chart: chart, name: one.title + ending})
		}
		sides = append(sides, g)
	}
	return sides
}

// longestSeeing is how long a contender may take for a first sight, which takes the longest by
// far. It is expected by that of the size before.
const longestSeeing = 2 * time.Minute

// see does what lets a contender see n more for the first time, unless it would take too long.
// An error ends its curve.
func (g *grown) see(n int, do func() error) bool {
	if expected := g.each * time.Duration(n); expected > longestSeeing {
		g.over = true
		fmt.Printf("growth: %s would take %v for the first sight of %d\n", g.name, expected.Round(time.Second), n)
	}
	if g.over {
		return false
	}
	began := time.Now()
	if err := do(); err != nil {
		g.over = true
		fmt.Printf("growth: %s, first sight of %d: %v\n", g.name, n, err)
	}
	g.each = time.Since(began) / time.Duration(n)
	return !g.over
}

func curvesOf(sides []*grown) (curves []curve) {
	for _, g := range sides {
		curves = append(curves, g.curves...)
	}
	return curves
}

// byMailbox polls mailboxes of growing size: whole, and without the listings.
func (s *site) byMailbox() []curve {
	sides := s.grownSides("growth", "mailbox", "", ", STAT alone")
	for _, n := range growthSizes {
		b := s.box(fmt.Sprintf("growth%d", n), n, 600)
		for _, g := range sides {
			devices := max(2, min(together, 100_000/n)) // each has to see it for the first time
			if g.name == "imapc" {
				devices = max(1, min(together, 20_000/n)) // which takes it minutes
			}
			name := func(client int) string { return fmt.Sprintf("%sgrowth%d", g.distinctive, client) }
			poll := func(client, _ int) error { return g.plain.poll(name(client), b) }
			if g.see(n*devices, func() error {
				return clients(1, times(devices), func(_, turn int) error { return poll(turn, 0) }).first
			}) {
				for client := range devices {
					s.must(s.settle(g.contender, name(client), b))
				}
				g.curves[0].add(float64(n), s.cpuOfPoll(g.contender, devices, poll))
				g.curves[1].add(float64(n), s.cpuOfPoll(g.contender, devices, func(client, _ int) error {
					return g.plain.session(name(client), b, func(*device) error { return nil })
				}))
			}
		}
	}
	return curvesOf(sides)
}

func (c *curve) add(x, y float64) {
	c.points = append(c.points, point{x, y})
	fmt.Printf("growth by %s: %s: %s at %s\n", c.chart, c.name, grouped(y), grouped(x))
}

// Polls are repeated until the proxy has used so much CPU, which the kernel counts by ten
// milliseconds, or so much time is over.
const (
	enoughCPU  = 600 * time.Millisecond
	enoughTime = 20 * time.Second
)

// together is how many devices poll at once. One alone would wait for each answer, and what is
// measured would be how a sleeping process is woken.
const together = 8

// cpuOfPoll is the CPU of the proxy for a poll, in milliseconds, of n devices at once. Each has
// accounts of its own.
func (s *site) cpuOfPoll(c *contender, n int, poll func(client, turn int) error) float64 {
	done, began, before := 0, time.Now(), cpuOf(c.pids())
	for batch := 1; ; batch *= 2 {
		t := clients(n, times(n*batch), poll)
		s.must(t.first)
		done += t.done
		if used := cpuOf(c.pids()) - before; used >= enoughCPU || time.Since(began) >= enoughTime {
			return used.Seconds() * 1000 / float64(done)
		}
	}
}
