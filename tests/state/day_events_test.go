package state_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"popbridge/tests/bridge"
	"popbridge/tests/servers"
)

// events is what happens to a site in a day, in an order that is drawn. One comes after
// the other, but for accounts that move and proxies that are frozen: others go on.
type events struct {
	site   *daySite
	random *rand.Rand
	long   time.Duration
	list   []event
	frozen [3]<-chan time.Time
}

type event struct {
	name string
	do   func()
}

func (s *daySite) events(scale dayScale, random *rand.Rand) *events {
	e := &events{site: s, random: random, long: scale.long}
	add := func(n int, name string, do func()) {
		for range n {
			e.list = append(e.list, event{name, do})
		}
	}
	add(scale.reloads-2, "reload", e.reload)
	add(2, "renewal of certificates", e.renew)
	add(scale.kills, "kill", e.kill)
	add(scale.freezes, "freeze", e.freeze)
	add(2, "failover", e.failover)
	add(scale.scenes, "late answer", e.late)
	add(scale.scenes, "cut upstream", e.cut)
	add(scale.scenes, "torn message", e.tear)
	add(scale.upgrades, "upgrade", e.upgrade)
	random.Shuffle(len(e.list), func(i, j int) { e.list[i], e.list[j] = e.list[j], e.list[i] })
	for range scale.restarts { // later than noon, when devices know what is rebuilt then
		at := len(e.list) - random.IntN(len(e.list)/2)
		e.list = slices.Insert(e.list, at, event{"restart of the upstream", e.restart})
	}
	return e
}

// play has all of it happen, spread over the time that there is.
func (e *events) play(ctx context.Context) {
	e.site.move()
	begin := time.Now()
	for i, event := range e.list {
		at := begin.Add(e.long * time.Duration(i) / time.Duration(len(e.list)))
		select {
		case <-ctx.Done():
		case <-time.After(time.Until(at)):
		}
		if e.site.t.Failed() {
			break
		}
		e.site.happened = append(e.site.happened, event.name)
		event.do()
	}
	for i := range e.frozen {
		e.thaw(i)
	}
	<-ctx.Done()
}

// awake is a proxy that is not frozen, or no longer.
func (e *events) awake() int {
	first := e.random.IntN(len(e.frozen))
	for n := range e.frozen {
		if i := (first + n) % len(e.frozen); e.frozen[i] == nil {
			return i
		}
	}
	e.thaw(first)
	return first
}

// thaw waits until a frozen proxy is not any more.
func (e *events) thaw(i int) {
	if e.frozen[i] != nil {
		<-e.frozen[i]
		e.frozen[i] = nil
	}
}

func (e *events) reload() {
	i := e.awake()
	e.site.reloads++
	if !e.site.proxies[i].Reload(e.site.config(i)) {
		e.site.t.Error("a good configuration was refused")
	}
}

// renew gives all proxies another certificate, which devices see after the reload.
func (e *events) renew() {
	s := e.site
	next := servers.NewCertificate(s.t, s.t.TempDir())
	for _, file := range []string{next.Cert, next.Key} {
		if err := exec.Command("cp", file, filepath.Join(s.dir, filepath.Base(file))).Run(); err != nil {
			s.t.Fatal(err)
		}
	}
	for i := range s.proxies {
		e.thaw(i)
		s.reloads++
		if !s.proxies[i].Reload(s.config(i)) {
			s.t.Error("a renewed certificate was refused")
		}
		s.shows(i, next.Cert)
	}
}

// failover kills the PostgreSQL that takes writes, promotes its standby, and has the
// machine that failed come back as a standby of that one.
func (e *events) failover() {
	s := e.site
	failed, next := s.pg[s.leader], s.pg[1-s.leader]
	failed.Kill()
	time.Sleep(time.Duration(e.random.Int64N(int64(2 * time.Second)))) // until somebody has noticed
	next.Promote(s.t)
	failed.Rejoin(s.t, next)
	s.leader = 1 - s.leader
}

// upgrade replaces a proxy in good order.
func (e *events) upgrade() {
	i, s := e.awake(), e.site
	s.proxies[i].Signal(syscall.SIGTERM)
	if code := s.proxies[i].Wait(); code != 0 {
		s.t.Errorf("a proxy that was to end did so with %d", code)
	}
	s.proxies[i] = s.start(i)
}

// copying is how the mail of an account comes to the other server: nothing of it is
// numbered as before.
const copying = `set -e
rm -rf "%[2]s/$POPBRIDGE_ACCOUNT"
cp -a "%[1]s/$POPBRIDGE_ACCOUNT" "%[2]s/$POPBRIDGE_ACCOUNT"
find "%[2]s/$POPBRIDGE_ACCOUNT" -name 'dovecot-uid*' -delete -o -name 'dovecot.*' -delete
`

// move begins to move accounts to the other server, a few at a time. What fails, since
// a server is away at that moment, is tried again as an operator would.
func (s *daySite) move() {
	store := func(mail *servers.Server) string { return filepath.Dir(filepath.Dir(mail.MailFolder("any"))) }
	script := fmt.Sprintf(copying, store(s.old), store(s.fresh))
	config, binary := filepath.Join(s.dir, "commands.yaml"), bridge.Binary(s.t)
	s.put("commands.yaml", s.config(0))
	var batches [][]*box
	for _, b := range s.order {
		if !b.moves {
			continue
		}
		if n := len(batches); n == 0 || len(batches[n-1]) == 10 {
			batches = append(batches, nil)
		}
		batches[len(batches)-1] = append(batches[len(batches)-1], b)
	}
	s.moving.Go(func() {
		for n, batch := range batches {
			file := s.passwords(fmt.Sprintf("batch%d", n), batch)
			for _, b := range batch {
				b.home.Lock()
			}
			var out []byte
			var err error
			args := []string{"migrate", "move", "--config", config, "--accounts", file, "--to", "fresh", "--parallel", "4", "--hold", "2m", "--before", script}
			for range 10 {
				if out, err = exec.Command(binary, args...).CombinedOutput(); err == nil {
					break
				}
				// A move that failed behind its copy has seen messages there that devices have
				// deleted since, on the server that has served them meanwhile.
				if strings.Contains(string(out), "there is less than is known") {
					args = append(args, "--force")
				}
				time.Sleep(time.Second)
			}
			if err != nil {
				s.t.Errorf("accounts are not moved: %v\n%s", err, out)
			}
			if strings.Contains(string(out), "DATA RACE") {
				s.t.Errorf("the command that moves accounts says %s", out)
			}
			for _, b := range batch {
				if err == nil {
					b.mail = s.fresh
				}
				b.home.Unlock()
			}
		}
	})
}
