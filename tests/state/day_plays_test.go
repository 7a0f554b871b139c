package state_test

import (
	"net"
	"strings"
	"syscall"
	"time"
)

// other is a proxy that is neither frozen nor this one, or this one where it is alone.
func (e *events) other(proxy int) int {
	for n := range len(e.frozen) - 1 {
		if i := (proxy + 1 + n) % len(e.frozen); e.frozen[i] == nil {
			return i
		}
	}
	return proxy
}

// kill kills a proxy between two ops of a QUIT: the upstream has marked the messages, and
// nobody tells it to remove them.
func (e *events) kill() {
	i, g, traps := e.awake(), e.site.stage, e.site.traps
	p := g.take("expunge")
	defer g.give(p)
	g.until("killed between two ops", func() bool {
		if !g.prepare(p, i) {
			return false
		}
		t := hold(`(\Deleted)`)
		traps.set(p.bag.user, t)
		defer traps.unset(p.bag.user)
		conn, over := g.begin(p, i, t, p.deletes(nil))
		if conn == nil {
			return false
		}
		e.site.proxies[i].Kill()
		<-over
		e.site.proxies[i] = e.site.start(i)
		return true
	})
	g.at(p, i, p.check)
}

// freeze stops a proxy in the middle of some QUITs, which it is about to write down.
// In most cases that takes longer than its locks last. The devices give up, and poll
// again: another proxy gives them the locks and shows them all of their messages, before
// the frozen one goes on.
func (e *events) freeze() {
	i, g, traps := e.awake(), e.site.stage, e.site.traps
	long := 12*time.Second + time.Duration(e.random.Int64N(int64(12*time.Second)))
	if e.random.IntN(4) == 0 {
		long = time.Duration(e.random.Int64N(int64(6 * time.Second)))
	}
	type session struct {
		*poller
		conn net.Conn
		over chan bool
	}
	var amid []session
	for range frozenAmid {
		p := g.take("expunge")
		if !g.prepare(p, i) {
			g.give(p)
			continue
		}
		t := hold("UID FETCH")
		conn, over := g.begin(p, i, t, p.deletes(func() { traps.set(p.bag.user, t) }))
		if conn == nil {
			traps.unset(p.bag.user)
			g.give(p)
			continue
		}
		amid = append(amid, session{p, conn, over})
	}
	b, thawed := e.site.proxies[i], make(chan time.Time)
	b.Signal(syscall.SIGSTOP)
	e.frozen[i] = thawed
	go func() {
		defer close(thawed)
		thaw := time.After(long)
		for _, s := range amid {
			traps.unset(s.bag.user)
			_ = s.conn.Close()
			<-s.over
		}
		for end := time.Now().Add(time.Minute); long > 6*time.Second && len(amid) > 0 && time.Now().Before(end); {
			s := amid[0]
			if g.balanced(s.poller, s.check) {
				amid = amid[1:]
				g.tell("lock lost in the middle of QUIT")
				g.give(s.poller)
			}
		}
		<-thaw
		b.Signal(syscall.SIGCONT)
		for _, s := range amid {
			g.give(s.poller)
		}
	}()
}

// late has a device give up a login at one proxy, whose upstream answers late, and delete
// at another proxy what has come meanwhile. What the late answer says is old by then.
func (e *events) late() {
	i, g, traps := e.awake(), e.site.stage, e.site.traps
	j := e.other(i)
	p := g.take("hide")
	defer g.give(p)
	g.until("deleted while a listing was late", func() bool {
		if !g.prepare(p, i) {
			return false
		}
		t := hold("NOOP") // a parked connection is asked whether it lives
		if e.random.IntN(2) == 0 {
			e.site.post(p.bag)
			t = hold("UID FETCH") // and then what is new
		}
		traps.set(p.bag.user, t)
		defer traps.unset(p.bag.user)
		conn, over := g.begin(p, i, t, p.check)
		if conn == nil {
			return false
		}
		_ = conn.Close()
		<-over
		e.site.post(p.bag)
		return g.at(p, j, func(before map[string]fate) error {
			seen, err := p.compare(before)
			if err != nil {
				return err
			}
			return p.leave(seen, len(seen)-1, 1, nil)
		})
	})
	for _, proxy := range []int{j, i, j} {
		g.at(p, proxy, p.check)
	}
}

// cut has the upstream's connections of an account end whenever something is to be
// deleted. A QUIT that hears +OK then has heard what is not so.
func (e *events) cut() {
	i, g, traps := e.awake(), e.site.stage, e.site.traps
	p := g.take("expunge")
	defer g.give(p)
	g.until("upstream cut in the middle of QUIT", func() bool {
		if !g.prepare(p, i) {
			return false
		}
		marking := e.random.IntN(2) == 0
		t := cut("UID EXPUNGE") // the next login does that
		if marking {
			t = cut(`(\Deleted)`)
		}
		traps.set(p.bag.user, t)
		defer traps.unset(p.bag.user)
		conn, over := g.begin(p, i, t, p.deletes(nil))
		<-over
		if marking {
			g.at(p, i, p.check) // this login cannot delete them either, and shows them for good
		}
		return conn != nil
	})
	g.at(p, i, p.check)
}

// tear has the upstream's connections of an account end within a message that is larger
// than what popbridge keeps back: some of it has reached the device.
func (e *events) tear() {
	i, g, traps := e.awake(), e.site.stage, e.site.traps
	p := g.take("expunge")
	defer g.give(p)
	defer func() { p.bag.more = "" }()
	g.until("upstream cut within a message", func() bool {
		p.bag.more = strings.Repeat("what makes a message long\r\n", 10_000)
		t := cut("BODY.PEEK[]")
		t.after = 200_000
		defer traps.unset(p.bag.user)
		if !g.prepare(p, i) {
			return false
		}
		conn, over := g.begin(p, i, t, func(before map[string]fate) error {
			seen, err := p.compare(before)
			if err != nil {
				return err
			}
			traps.set(p.bag.user, t)
			last := len(seen) - 1
			if err := p.retrieve(last, seen[last]); err != nil {
				return err
			}
			return p.leave(seen, last, 1, nil) // it has the message
		})
		<-over
		return conn != nil
	})
	g.at(p, i, p.check)
}
