package socket

import (
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// Watch waits for many silent connections with one goroutine, where package net takes one
// for each, with its stack. The zero Watch is ready; Close it.
type Watch struct {
	mu       sync.Mutex
	epoll    *os.File // nil: nobody has slept yet
	sleeping map[uint64]*sleep
	last     uint64 // the number of whoever came last
}

// sleep is one connection's.
type sleep struct {
	watch  *Watch
	number uint64 // no other has it, ever: what is told of one that has woken concerns nobody
	timer  *time.Timer
	who    Sleeper
}

// bed is what a connection knows of its sleep, and its deadline.
type bed struct {
	sleep atomic.Pointer[sleep]
	until atomic.Int64 // the deadline of reads, in nanoseconds since epoch; 0: none
	known bool         // the system has been asked to watch it before
}

// epoch is what deadlines are reckoned from, by the clock that nobody sets.
var epoch = time.Now()

// Sleep has who woken, once and from whichever goroutine, when there is something to read
// from a connection, its end included, or when its read deadline has passed or it is closed:
// the next read tells which. The deadline is the one of now, and nothing may be read until
// then. It reports false where nobody will be woken.
func (w *Watch) Sleep(nc net.Conn, who Sleeper) bool {
	c, ok := nc.(*Conn)
	if !ok {
		return false
	}
	w.mu.Lock()
	if w.open() != nil {
		w.mu.Unlock()
		return false
	}
	w.last++
	s := &sleep{watch: w, number: w.last, who: who}
	w.sleeping[s.number] = s
	if until := c.bed.until.Load(); until != 0 {
		s.timer = time.AfterFunc(time.Duration(until)-time.Since(epoch), s.end)
	}
	// Who closes the connection looks here afterwards: either it finds the sleep, or the
	// system finds no connection any more.
	c.bed.sleep.Store(s)
	err := w.await(c, s.number)
	w.mu.Unlock()
	if err != nil {
		s.end()
	}
	return true
}

// open makes what the system is asked by; the caller holds the mutex.
func (w *Watch) open() error {
	if w.epoll != nil {
		return nil
	}
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return err
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		return errors.Join(err, unix.Close(fd))
	}
	// One epoll may be watched by another: by Go's own.
	w.epoll, w.sleeping = os.NewFile(uintptr(fd), "epoll"), make(map[uint64]*sleep)
	go w.run(w.epoll)
	return nil
}

// await asks the system to tell once of a connection, under a number.
func (w *Watch) await(c *Conn, number uint64) error {
	watch, err := w.epoll.SyscallConn()
	if err != nil {
		return err
	}
	op := unix.EPOLL_CTL_ADD
	if c.bed.known {
		op = unix.EPOLL_CTL_MOD
	}
	event := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLRDHUP | unix.EPOLLONESHOT, Fd: int32(uint32(number)), Pad: int32(uint32(number >> 32))}
	var told error
	err = c.raw.Control(func(fd uintptr) {
		err := watch.Control(func(epfd uintptr) { told = unix.EpollCtl(int(epfd), op, int(fd), &event) })
		told = errors.Join(told, err)
	})
	c.bed.known = true
	return errors.Join(told, err)
}

// run wakes those of whom the system tells, until the Watch is closed.
func (w *Watch) run(epoll *os.File) {
	watch, err := epoll.SyscallConn()
	if err != nil {
		return
	}
	events := make([]unix.EpollEvent, 64)
	_ = watch.Read(func(fd uintptr) (over bool) {
		for {
			n, err := unix.EpollWait(int(fd), events, 0)
			if n <= 0 && err != unix.EINTR {
				return false
			}
			for _, e := range events[:max(n, 0)] {
				w.wake(uint64(uint32(e.Fd)) | uint64(uint32(e.Pad))<<32)
			}
		}
	})
}

// wake ends a sleep, if nothing has ended it yet.
func (w *Watch) wake(number uint64) {
	w.mu.Lock()
	s := w.sleeping[number]
	delete(w.sleeping, number)
	w.mu.Unlock()
	if s == nil {
		return
	}
	if s.timer != nil {
		s.timer.Stop()
	}
	s.who.Wake()
}

func (s *sleep) end() { s.watch.wake(s.number) }

// Close ends the Watch. Nobody may sleep any more.
func (w *Watch) Close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.epoll != nil {
		_ = w.epoll.Close() // nothing was written
	}
}

// expects takes the deadline of reads, from whichever goroutine.
func (b *bed) expects(t time.Time) {
	until := int64(0)
	if !t.IsZero() {
		until = int64(t.Sub(epoch)) | 1 // not 0
	}
	b.until.Store(until)
}

// closed says that the connection was closed.
func (b *bed) closed() {
	if s := b.sleep.Swap(nil); s != nil {
		s.end()
	}
}
