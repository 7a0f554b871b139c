package state_test

import (
	"cmp"
	"crypto/tls"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"popbridge/tests/bridge"
	"popbridge/tests/servers"
)

// daySite is the installation that a day is played on.
type daySite struct {
	t          *testing.T
	old, fresh *servers.Server // accounts move from one to the other
	wires      [2]string       // to both: an upstream is far away
	traps      *trapWire       // before the one to old
	pg         [2]*servers.Postgres
	leader     int // of pg
	dsn        string
	ports      []int // pop3, pop3s and metrics of each proxy, then those of the balancer
	proxies    [3]*bridge.Bridge
	dir        string // with the certificate and the accounts' passwords
	boxes      map[*mailbag]*box
	order      []*box // of the accounts that devices poll as they like
	stage      *stage // with all others
	reloads    int
	begin      rest // of a proxy that has served nobody
	moving     sync.WaitGroup
	over       atomic.Bool
	limit      chan struct{} // so many devices at once

	posted, tries atomic.Int64 // messages, connections
	whole         atomic.Int64 // sessions that came to the end of QUIT
	happened      []string
	rebuilt       int // mailboxes
}

// box is an account with the server that has its mail.
type box struct {
	*mailbag
	home  sync.Mutex // mail arrives under it, and none while the account moves
	mail  *servers.Server
	moves bool
}

// proxyPorts is how many each proxy has.
const proxyPorts = 3

func newDaySite(t *testing.T, scale dayScale, random *rand.Rand) *daySite {
	t.Helper()
	kinds := []string{"hide", "trash", "expunge", "hide", "archive", "flag", "expunge", "trash", "hide", "expunge"}
	users := make(map[string]string)
	var names []string
	for i := range scale.accounts {
		user := fmt.Sprintf("%s%d@example.org", kinds[i%len(kinds)], i)
		names, users[user] = append(names, user), password(user)
	}
	others, actions := staged()
	for _, user := range others {
		users[user] = password(user)
	}
	// Processes that serve one session after the other spare the machine thousands.
	often := "service imap {\n service_count = 0\n}\n"
	s := &daySite{t: t, dir: t.TempDir(), boxes: make(map[*mailbag]*box), limit: make(chan struct{}, 32)}
	far := func(mail *servers.Server) string {
		return newLateWire(t, mail.IMAP, 100*time.Millisecond, rand.New(rand.NewPCG(random.Uint64(), 3))).address
	}
	s.old = servers.StartDovecot(t, servers.Dovecot{Users: users, Extra: often})
	s.fresh = servers.StartDovecot(t, servers.Dovecot{Users: users, Extra: often, Capability: withoutMove})
	s.traps = newTrapWire(t, far(s.old))
	s.wires = [2]string{s.traps.address, far(s.fresh)}
	s.pg[0] = servers.StartPostgres(t)
	s.pg[1] = s.pg[0].Standby(t)
	s.dsn = s.pg[1].DSN
	maildirs := servers.InMaildirs(s.old)
	maildirs.Deliver(t, names[0], nil)
	add := func(user, action string, moves bool) *box {
		maildirs.Deliver(t, user, nil)
		m := newMailbag(user, action, nil)
		m.unended = newSettling(m.action)
		b := &box{mailbag: m, mail: s.old, moves: moves}
		s.boxes[m] = b
		for range 3 {
			s.post(m)
		}
		return b
	}
	for i, user := range names {
		s.order = append(s.order, add(user, kinds[i%len(kinds)], i >= len(names)-scale.moves))
	}
	s.stage = &stage{site: s, actors: make(map[string][]*poller), played: make(map[string]int)}
	for i, user := range others {
		b := add(user, actions[i], false)
		b.alone = true
		p := &poller{t: t, bag: b.mailbag, site: s, random: rand.New(rand.NewPCG(random.Uint64(), 4)), from: 3*scale.accounts + i}
		s.stage.all = append(s.stage.all, p)
		s.stage.give(p)
	}
	random.Shuffle(len(s.order), func(i, j int) { s.order[i], s.order[j] = s.order[j], s.order[i] })
	s.ports = servers.FreePorts(t, proxyPorts*len(s.proxies)+2)
	servers.NewCertificate(t, s.dir)
	for i := range s.proxies {
		s.proxies[i] = s.start(i)
	}
	s.begin = s.rest(0, s.proxies[0])
	s.balance()
	return s
}

func (s *daySite) address(port int) string { return fmt.Sprintf("127.0.0.1:%d", s.ports[port]) }

// config is that of a proxy, which differs a little after each reload.
func (s *daySite) config(proxy int) string {
	var drops, routes strings.Builder
	for _, action := range actions() {
		fmt.Fprintf(&drops, "  %s: {on_delete: %s}\n", action, action)
		fmt.Fprintf(&routes, "  - {user: %q, upstream: old, maildrop: %s}\n", action+"*", action)
	}
	return fmt.Sprintf(`listener:
  pop3: {address: %q, plaintext_auth: true, plaintext_networks: [127.0.0.0/8], proxy_protocol: [127.0.0.1/32]}
  pop3s: {address: %q, tls: implicit, certificate: %q, key: %q, proxy_protocol: [127.0.0.1/32]}
metrics: {address: %q}
upstream:
  old: {address: %q, tls: none, reuse: 3s}
  fresh: {address: %q, tls: none, reuse: 3s}
%s%slimits: {shutdown_delay: 2s, drain: 20s, failure_delay: 1s, connections_per_ip: %d}
maildrop:
%sroute:
%s`, s.address(proxyPorts*proxy), s.address(proxyPorts*proxy+1), filepath.Join(s.dir, "cert.pem"), filepath.Join(s.dir, "key.pem"), s.address(proxyPorts*proxy+2),
		s.wires[0], s.wires[1], bridge.State("postgres", s.dsn), separator, 500+s.reloads, drops.String(), routes.String())
}

func (s *daySite) start(proxy int) *bridge.Bridge {
	s.t.Helper()
	return bridge.Start(s.t, s.config(proxy), s.pg[0].Password)
}

// balance starts HAProxy with a port for plain text and one for TLS.
func (s *daySite) balance() {
	s.t.Helper()
	config := balancing
	for i, name := range []string{"pop3", "pop3s"} {
		config += fmt.Sprintf("listen %s\n\tbind %s\n", name, s.address(proxyPorts*len(s.proxies)+i)) + balanced
		for proxy := range s.proxies {
			config += fmt.Sprintf("\tserver s%d %s port %d send-proxy-v2\n", proxy, s.address(proxyPorts*proxy+i), s.ports[proxyPorts*proxy+2])
		}
	}
	haproxy(s.t, config)
	s.through()
}

// through returns when the balancer leads to a proxy.
func (s *daySite) through() {
	s.t.Helper()
	for until := time.Now().Add(2 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		nc, err := net.Dial("tcp", s.address(proxyPorts*len(s.proxies)))
		if err == nil {
			greeting := make([]byte, 3)
			_ = nc.SetDeadline(time.Now().Add(5 * time.Second))
			_, err = nc.Read(greeting)
			_ = nc.Close()
			if string(greeting) == "+OK" {
				return
			}
		}
		if time.Now().After(until) {
			s.t.Fatalf("nothing comes through the balancer: %v", err)
		}
	}
}

// connect goes to the balancer, from an address of the device's own: a wrong password
// of one is not the others'. Every third connection begins with TLS.
func (s *daySite) connect(p *poller) (net.Conn, string, error) {
	s.tries.Add(1)
	if !p.in {
		s.limit <- struct{}{} // what a machine can do at once, however slow it is
		p.in = true
	}
	nc, err := s.dial(p.random, p.from)
	return nc, "the balancer", err
}

func (s *daySite) dial(random *rand.Rand, from int) (net.Conn, error) {
	d := &net.Dialer{Timeout: s.waits(), LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 1, byte(from/250), byte(1+from%250))}}
	first := proxyPorts * len(s.proxies)
	if random.IntN(3) > 0 {
		return d.Dial("tcp", s.address(first))
	}
	return tls.DialWithDialer(d, "tcp", s.address(first+1), &tls.Config{InsecureSkipVerify: true}) // renewal looks at it
}

func (s *daySite) killed(string) bool { return !s.over.Load() }
func (s *daySite) end(whole bool) {
	if whole {
		s.whole.Add(1)
	}
	<-s.limit
}

func (s *daySite) refuses() bool { return !s.over.Load() }
func (s *daySite) calm() bool    { return s.over.Load() }

// waits is short while proxies may be frozen: who has waited so long tries again.
func (s *daySite) waits() time.Duration {
	if s.over.Load() {
		return 2 * time.Minute
	}
	return 5 * time.Second
}

func (s *daySite) post(m *mailbag) {
	b := s.boxes[m]
	b.home.Lock()
	defer b.home.Unlock()
	m.arrive(func(text []byte) {
		if err := b.mail.Drop(m.user, text); err != nil {
			s.t.Error(err)
		}
	})
	s.posted.Add(1)
}

// devices are those that poll, and those that are broken.
func (s *daySite) devices(scale dayScale, random *rand.Rand) (pollers []*poller, broken []*wreck) {
	draw := func() *rand.Rand { return rand.New(rand.NewPCG(random.Uint64(), 2)) }
	for i, b := range s.order {
		number := 1 + i%3
		b.alone = number == 1
		for n := range number {
			pollers = append(pollers, &poller{t: s.t, bag: b.mailbag, device: []string{"", "one", "two"}[n], site: s, random: draw(), from: len(pollers)})
		}
		if i%2 == 0 {
			broken = append(broken, &wreck{site: s, bag: b.mailbag, random: draw(), from: 2*scale.accounts + i})
		}
	}
	pause := 2 * time.Second * time.Duration(len(pollers)+len(broken)) / time.Duration(cmp.Or(scale.rate, 1))
	for _, p := range pollers {
		p.pause = pause
	}
	for _, b := range broken {
		b.pause = pause
	}
	return pollers, broken
}

// passwords is a file of accounts for commands.
func (s *daySite) passwords(name string, boxes []*box) string {
	s.t.Helper()
	text := ""
	for _, b := range boxes {
		text += b.user + ":" + password(b.user) + "\n"
	}
	path := filepath.Join(s.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return path
}
