package state_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"popbridge/tests/bridge"
	"popbridge/tests/servers"
)

// previous is an earlier popbridge, built of its sources, which lie here: a shallow clone
// or an unpacked archive has no history. At a release they are made anew of the last one:
//
//	git archive TAG go.mod cmd configs proxy translate ':!*_test.go' ':!*/testdata/*' | xz -9e >tests/state/testdata/previous.tar.xz
//
// It is built with the libraries of today, which are at hand, and kept: the folder is
// named after what is in it.
func previous(t *testing.T) string {
	t.Helper()
	archive, err := filepath.Abs(filepath.Join("testdata", "previous.tar.xz"))
	if err != nil {
		t.Fatal(err)
	}
	octets, err := os.ReadFile(archive)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("popbridge-previous-%x", sha256.Sum256(octets)))
	script := `set -e
mkdir -p "$1"
exec 9>"$1/lock"
flock 9
tar -xJf "$2" -C "$1"
cp "$3/go.mod" "$3/go.sum" "$1"
cd "$1"
go build -o popbridge ./cmd/popbridge`
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("sh", "-c", script, "sh", dir, archive, root).CombinedOutput(); err != nil {
		t.Fatalf("building the previous popbridge: %v\n%s", err, out)
	}
	return filepath.Join(dir, "popbridge")
}

// TestTwoVersions upgrades two proxies of the previous popbridge one after the other,
// while devices poll both: on one ledger, whose schema the newer one changes when it
// starts, either knows what the other has written down, and neither is disturbed.
func TestTwoVersions(t *testing.T) {
	t.Parallel()
	binary, random := previous(t), rand.New(rand.NewPCG(1, 2))
	var users []string
	drops, routes := "maildrop:\n", "route:\n"
	for _, action := range actions() {
		users = append(users, action+"@example.org")
		drops += fmt.Sprintf("  %s: {on_delete: %s}\n", action, action)
		routes += fmt.Sprintf("  - {user: \"%s@*\", maildrop: %s}\n", action, action)
	}
	mail, d := dovecot(t, users, ""), onPostgres(servers.StartPostgres(t))
	config := d.config(mail.IMAP, separator, drops, routes)
	path := filepath.Join(t.TempDir(), "popbridge.yaml")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	earlier := func() *bridge.Bridge {
		return bridge.RunCommand(t, exec.Command(binary, "serve", "--config", path), d.secrets()...)
	}
	site := &lateSite{t: t, posts: make(chan post), ended: make(chan struct{}), random: random}
	site.more = sync.NewCond(&site.mu)
	for range 2 {
		b := earlier()
		b.Await("popbridge is ready")
		site.proxies = append(site.proxies, b)
	}
	site.start = func() *bridge.Bridge { return bridge.Start(t, config, d.secrets()...) }

	var pollers []*poller
	for _, user := range users {
		m := newMailbag(user, strings.TrimSuffix(user, "@example.org"), witness(t, mail, user))
		m.unended = newSettling(m.action)
		for range 3 {
			m.appear()
		}
		for _, device := range []string{"", "one", "two"} {
			pollers = append(pollers, &poller{t: t, bag: m, device: device, site: site, pause: 300 * time.Millisecond, random: rand.New(rand.NewPCG(random.Uint64(), 2))})
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var devices sync.WaitGroup
	changed := make(chan struct{}) // the schema; devices that nobody knows come then
	for _, p := range pollers {
		devices.Go(func() {
			if p.device != "" {
				<-changed
			}
			p.poll(ctx)
		})
	}
	over := make(chan struct{})
	go func() {
		devices.Wait()
		close(over)
	}()
	site.upgraded(over, sync.OnceFunc(func() { close(changed) }), cancel)
	site.over = true
	for _, p := range pollers {
		if err := p.session(p.check); err != nil {
			t.Errorf("at last %s: %v", named(p.bag.user, p.device), err)
		}
		p.bag.conserved(t)
	}
	site.judge()
	again := earlier()
	if code := again.Wait(); code == 0 || !strings.Contains(again.Output(), "run the newer popbridge") {
		t.Errorf("the previous popbridge starts on the new schema, or does not say why not: %d\n%s", code, again.Output())
	}
}

// between is how many sessions go by between one replacement and the next.
const between = 40

// upgraded brings mail, and replaces both proxies while devices poll.
func (s *lateSite) upgraded(over <-chan struct{}, changed, end func()) {
	sessions := 0
	for {
		select {
		case p := <-s.posts:
			p.bag.appear()
			close(p.done)
		case <-s.ended:
			switch sessions++; sessions {
			case between, 3 * between:
				s.replace()
				changed()
			case 4 * between:
				end()
			}
		case <-over:
			if sessions < 4*between && !s.t.Failed() {
				s.t.Errorf("there were %d sessions", sessions)
			}
			return
		}
	}
}

// replace ends the proxy that has run for longest, in good order, and starts a new one.
func (s *lateSite) replace() {
	s.mu.Lock()
	b := s.proxies[0]
	s.proxies, s.dead = slices.Delete(s.proxies, 0, 1), append(s.dead, name(b))
	s.mu.Unlock()
	b.Signal(syscall.SIGTERM)
	if code := b.Wait(); code != 0 {
		s.t.Errorf("a proxy that was to end did so with %d", code)
	}
	s.faults(b)
	s.add()
}
