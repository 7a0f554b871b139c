package state_test

import (
	"fmt"
	"maps"
	"net"
	"slices"
	"sync"
	"time"
)

// stage is where a site sets scenes: sessions in accounts of their own that are led, step
// by step, to the one moment at which a fault is the most dangerous. Devices that poll
// as they like are hardly ever there when it comes.
type stage struct {
	site *daySite
	all  []*poller

	mu     sync.Mutex
	actors map[string][]*poller // who is not in a scene, by what DELE means
	played map[string]int
}

// cast is how many accounts scenes need, by what DELE means in them: three in each
// proxy that is frozen, and some for what happens meanwhile.
var cast = map[string]int{"expunge": 3*frozenAmid + 2, "hide": 1}

// frozenAmid is in how many sessions a proxy is frozen.
const frozenAmid = 3

// staged are the names of these accounts, and what DELE means in them.
func staged() (names, actions []string) {
	for _, action := range slices.Sorted(maps.Keys(cast)) {
		for n := range cast[action] {
			names, actions = append(names, fmt.Sprintf("%s-scene%d@example.org", action, n)), append(actions, action)
		}
	}
	return names, actions
}

// take gives an actor that no scene has.
func (g *stage) take(action string) *poller {
	g.site.t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	list := g.actors[action]
	if len(list) == 0 {
		g.site.t.Fatalf("no account is left for a scene with %q", action)
	}
	g.actors[action] = list[:len(list)-1]
	return list[len(list)-1]
}

func (g *stage) give(actors ...*poller) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, p := range actors {
		g.actors[p.bag.action] = append(g.actors[p.bag.action], p)
	}
}

// door is one proxy, where a scene needs to know which one it is.
type door struct {
	*daySite
	proxy   int
	dialled chan net.Conn // nil: nobody wants to end the connection before its session does
}

// waits is long: this proxy is not frozen while a device begins to talk to it.
func (d door) waits() time.Duration { return time.Minute }

func (d door) connect(p *poller) (net.Conn, string, error) {
	from := fmt.Sprintf("127.1.%d.%d", byte(p.from/250), byte(1+p.from%250))
	nc, err := net.DialTimeout("tcp", d.address(proxyPorts*d.proxy), d.waits())
	if err == nil {
		if _, err = fmt.Fprintf(nc, "PROXY TCP4 %s 127.0.0.1 1 1\r\n", from); err != nil {
			_ = nc.Close()
		}
	}
	if d.dialled != nil && err == nil {
		d.dialled <- nc
	}
	return nc, fmt.Sprint("proxy ", d.proxy), err
}

// at has an actor do a session at a proxy, and reports whether that came to the end of QUIT.
func (g *stage) at(p *poller, proxy int, work func(before map[string]fate) error) bool {
	return g.in(p, door{g.site, proxy, nil}, work)
}

func (g *stage) in(p *poller, where stand, work func(before map[string]fate) error) bool {
	p.site = where
	before := p.ended
	if err := p.session(work); err != nil {
		g.site.t.Errorf("%s in a scene at %s: %v", named(p.bag.user, p.device), p.at, err)
	}
	return p.ended > before
}

// balanced is a session that may come to any proxy.
func (g *stage) balanced(p *poller, work func(before map[string]fate) error) (whole bool) {
	defer func() {
		g.site.end(whole)
		p.in = false
	}()
	return g.in(p, g.site, work)
}

// begin is a session at a proxy that goes on until it walks into a trap. It gives the
// device's connection then, and what tells whether it came to the end of QUIT.
func (g *stage) begin(p *poller, proxy int, t *trap, work func(before map[string]fate) error) (nc net.Conn, over chan bool) {
	over = make(chan bool, 1)
	where := door{g.site, proxy, make(chan net.Conn, 200)}
	go func() { over <- g.in(p, where, work) }()
	select {
	case <-t.caught:
	case whole := <-over:
		over <- whole
		return nil, over
	}
	for {
		select {
		case nc = <-where.dialled: // the last is that of this session
		default:
			return nc, over
		}
	}
}

// prepare fills an actor's mailbox, and has the device delete the first message: what
// is left has other UIDs than it would have if the mailbox were rebuilt. The ledger knows
// what all of it is then.
func (g *stage) prepare(p *poller, proxy int) bool {
	for range 4 {
		g.site.post(p.bag)
	}
	return g.at(p, proxy, func(before map[string]fate) error {
		seen, err := p.compare(before)
		if err != nil {
			return err
		}
		return p.leave(seen, 0, 1, nil)
	})
}

// leave marks n messages from the first on, counted from 0, and says QUIT when then has
// returned.
func (p *poller) leave(seen []string, first, n int, then func()) error {
	p.marked = nil
	for i := first; i < first+n; i++ {
		if _, err := p.ok(fmt.Sprintf("DELE %d", i+1)); err != nil {
			return err
		}
	}
	p.marked = slices.Clone(seen[first : first+n])
	if then != nil {
		then()
	}
	return p.quit()
}

// deletes is a session that deletes its first two messages.
func (p *poller) deletes(then func()) func(map[string]fate) error {
	return func(before map[string]fate) error {
		seen, err := p.compare(before)
		if err != nil {
			return err
		}
		return p.leave(seen, 0, 2, then)
	}
}

// until plays a scene again where something else of the day has spoiled it.
func (g *stage) until(name string, play func() bool) {
	g.site.t.Helper()
	end := time.Now().Add(2 * time.Minute)
	for tries := 0; tries < 20 || time.Now().Before(end); tries++ {
		if g.site.t.Failed() {
			return
		}
		if play() {
			g.tell(name)
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	g.site.t.Errorf("a scene does not come about: %s", name)
}

// tell notes for the report that a scene was played.
func (g *stage) tell(name string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.played[name]++
}
