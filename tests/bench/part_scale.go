package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"popbridge/tests/servers"
)

// The sizes that are compared. Of so many accounts each has 10 messages, and one in a
// thousand 100,000 of them.
const (
	fewAccounts  = 1000
	bigOneIn     = 1000
	bigMessages  = 100_000
	octetsOfOne  = 12 << 10 // of disk for an account, at most, with a copy for the backup
	scaleColumns = 4
)

// scale measures one figure beside another with so many more accounts in the ledger,
// with SQLite and PostgreSQL. It prints a table of its own.
func scale(s *site) []row {
	many := s.accounts
	if free := freeOctets(s.dir); int64(many)*octetsOfOne > free {
		many = int(free / octetsOfOne)
		fmt.Printf("part scale: %d GB are free on this disk, which is enough for %d accounts, and not for %d\n", free>>30, many, s.accounts)
	}
	server := servers.StartPostgres(s.stage)
	t := &scaleTable{heads: make([]string, scaleColumns)}
	for column, c := range []struct {
		driver   string
		accounts int
	}{{"sqlite", fewAccounts}, {"sqlite", many}, {"postgres", fewAccounts}, {"postgres", many}} {
		l := s.scaled(server, c.driver, c.accounts)
		t.heads[column], t.column = l.title(), column
		s.scaleOf(l, t)
		l.drop()
	}
	t.print()
	return nil
}

// scaleOf fills one ledger and measures it, from the cold start on.
func (s *site) scaleOf(l *scaledLedger, t *scaleTable) {
	s.learn(l)
	began := time.Now()
	small, big := s.fill(l)
	fmt.Printf("part scale: %s filled in %v\n", l.title(), time.Since(began).Round(time.Second))
	t.put("disk of an account with 10 messages", "octets", small)
	t.put(fmt.Sprintf("disk of an account with %d messages", l.messages), "MB", big/1e6)

	t.put("start of the service", "ms", s.startScaled(l))
	ten, huge := s.box("ten", 10, 2000), s.box("huge", l.messages, 600)
	t.put("first login after the start, 10 messages: USER to STAT", "ms", s.coldLogins(l, 200, func(i int) string { return l.small(i * 4999) }, ten))
	t.put(fmt.Sprintf("the same, %d messages", l.messages), "ms", s.coldLogins(l, min(20, l.bigs()), l.big, huge))
	s.scaledPolls(l, t, ten)
	t.put("QUIT with a deletion", "ms", s.deletions(l, ten))
	t.put("popbridge who, 8 sessions", "ms", s.timedCommand(l, "who"))
	t.put("popbridge migrate status, one milestone an account", "ms", s.timedCommand(l, "migrate", "status"))
	s.stopScaled(l)

	t.put("sweep of the journal, for 1,000 old lines", "ms", s.sweep(l))
	t.put("sweep of the journal, nothing old", "ms", s.sweep(l))
	seconds, octets := s.backup(l)
	t.put("backup", "s", seconds)
	t.put("backup, for 1,000,000 octets", "ms", seconds*1e9/octets)
	s.bloat(l, t)
}

// scaledPolls are polls of a few accounts among the many. How much work they are says more
// than how many there were a second, where the machine has other work too.
func (s *site) scaledPolls(l *scaledLedger, t *scaleTable, b *box) {
	one := func(client, turn int) error { return l.side.plain.poll(l.small(client*97+turn%8), b) }
	clients(8, times(64), one) // everyone is warm
	pids := []int{l.cmd.Process.Pid}
	before := cpuOf(pids)
	polls := clients(8, during(pollTime), one)
	t.put("unchanged poll, 8 clients", "sessions/s", polls.perSecond())
	t.put("CPU of the proxy for 1,000 of these", "s", (cpuOf(pids)-before).Seconds()*1000/float64(max(polls.done, 1)))
	t.errors += polls.errors
	t.first = cmp.Or(t.first, errorText(polls.first))
}

// coldLogins is the median time of logins of accounts that the service has not seen since it
// was started.
func (s *site) coldLogins(l *scaledLedger, n int, name func(int) string, b *box) float64 {
	var took []float64
	for i := range n {
		d, err := connect(l.side.plain.address, nil)
		s.must(err)
		began := time.Now()
		s.must(d.login(name(i), b))
		took = append(took, time.Since(began).Seconds()*1000)
		s.must(d.quit())
		d.close()
	}
	return median(took)
}

// deletions is the median time of a QUIT that hides a message: what is upstream is shared
// by all accounts, and stays.
func (s *site) deletions(l *scaledLedger, b *box) float64 {
	var took []float64
	for i := range 100 {
		d, err := connect(l.side.plain.address, nil)
		s.must(err)
		s.must(d.login(l.small(i*7+3), b))
		_, err = d.say("DELE 1")
		s.must(err)
		began := time.Now()
		s.must(d.quit())
		took = append(took, time.Since(began).Seconds()*1000)
		d.close()
	}
	return median(took)
}

// timedCommand is how long a command takes beside the service, with eight sessions there.
func (s *site) timedCommand(l *scaledLedger, args ...string) float64 {
	for i := range 8 {
		d, err := connect(l.side.plain.address, nil)
		s.must(err)
		defer d.close()
		s.must(d.login(l.small(900+i), s.box("ten", 10, 2000)))
	}
	var took []float64
	for first := time.Now(); len(took) == 0 || len(took) < 3 && time.Since(first) < 5*time.Second; {
		began := time.Now()
		s.command(s.binary, append(args, "--config", l.config)...)
		took = append(took, time.Since(began).Seconds()*1000)
	}
	return median(took)
}

// freeOctets is what a folder's file system has left.
func freeOctets(dir string) int64 {
	var fs syscall.Statfs_t
	if syscall.Statfs(dir, &fs) != nil {
		return 0
	}
	return int64(fs.Bavail) * fs.Bsize
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// scaleTable has a column for each ledger.
type scaleTable struct {
	heads  []string
	column int
	lines  [][]string
	errors int
	first  string
}

// put adds a figure to the line of its work.
func (t *scaleTable) put(work, unit string, value float64) {
	at := slices.IndexFunc(t.lines, func(l []string) bool { return l[0] == work })
	if at < 0 {
		at = len(t.lines)
		t.lines = append(t.lines, append([]string{work, unit}, slices.Repeat([]string{"–"}, scaleColumns)...))
	}
	t.lines[at][2+t.column] = show(measured(value))
}

func (t *scaleTable) print() {
	fmt.Printf("\n| work | unit | %s |\n|---|---|%s\n", strings.Join(t.heads, " | "), strings.Repeat("---|", scaleColumns))
	for _, l := range t.lines {
		fmt.Printf("| %s |\n", strings.Join(l, " | "))
	}
	fmt.Printf("\n%d errors %s\n", t.errors, t.first)
}

// sizeOf is what files take that begin with a path.
func sizeOf(path string) (n int64) {
	files, _ := filepath.Glob(path + "*")
	for _, f := range files {
		if info, err := os.Stat(f); err == nil {
			n += info.Size()
		}
	}
	return n
}
