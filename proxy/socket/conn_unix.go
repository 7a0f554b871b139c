//go:build unix

package socket

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// Conn is a TCP connection that reads and writes without telling the scheduler of it. Like
// any net.Conn it may be used by several goroutines at once.
type Conn struct {
	*net.TCPConn
	raw     syscall.RawConn
	in, out transfer
	bed     bed
}

// transfer is one direction: what is being read, or written.
type transfer struct {
	mu   sync.Mutex
	p    []byte
	done int
	err  syscall.Errno                // 0: none
	once bool                         // what cannot be done at once is left
	try  func(fd uintptr) (over bool) // made once, and not for each call
}

// Of makes one of a connection that is TCP's; any other is given back as it is.
func Of(nc net.Conn) net.Conn {
	tcp, ok := nc.(*net.TCPConn)
	if !ok {
		return nc
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nc
	}
	c := &Conn{TCPConn: tcp, raw: raw}
	c.in.try, c.out.try = c.in.receive, c.out.send
	return c
}

// Read reads what is there, and waits for it until the deadline.
func (c *Conn) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return c.TCPConn.Read(p)
	}
	n, err := c.in.run(p, false, c.raw.Read)
	switch {
	case err != nil:
		return 0, c.explain("read", err)
	case n == 0:
		return 0, io.EOF
	}
	return n, nil
}

// Write writes all of p, and waits until the deadline for room.
func (c *Conn) Write(p []byte) (int, error) {
	n, err := c.out.run(p, false, c.raw.Write)
	return n, c.explain("write", err)
}

// Take writes without waiting, and gives how many octets our machine has taken: 0 where
// there is an error, which the next write will have too.
func (c *Conn) Take(p []byte) int {
	n, err := c.out.run(p, true, c.raw.Write)
	if err != nil {
		return 0
	}
	return n
}

// SetReadDeadline is net.Conn's.
func (c *Conn) SetReadDeadline(t time.Time) error {
	c.bed.expects(t)
	return c.TCPConn.SetReadDeadline(t)
}

// SetDeadline is net.Conn's.
func (c *Conn) SetDeadline(t time.Time) error {
	c.bed.expects(t)
	return c.TCPConn.SetDeadline(t)
}

// Close is net.Conn's. Who sleeps until there is something to read is woken.
func (c *Conn) Close() error {
	defer c.bed.closed()
	return c.TCPConn.Close()
}

// run has begin, which waits where it has to, try until it is over.
func (t *transfer) run(p []byte, once bool, begin func(func(uintptr) bool) error) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.p, t.done, t.err, t.once = p, 0, 0, once
	err := begin(t.try)
	t.p = nil
	if err == nil && t.err != 0 {
		err = t.err
	}
	return t.done, err
}

// receive reads once.
func (t *transfer) receive(fd uintptr) (over bool) {
	n, err := receive(fd, t.p)
	if err == syscall.EAGAIN {
		return false
	}
	t.done, t.err = n, err
	return true
}

// send writes until all is written or nothing more is taken.
func (t *transfer) send(fd uintptr) (over bool) {
	for t.done < len(t.p) {
		n, err := send(fd, t.p[t.done:])
		if err == syscall.EAGAIN {
			return t.once
		}
		if t.err = err; err != 0 {
			return true
		}
		t.done += n
	}
	return true
}

// explain gives an error as the connection itself would.
func (c *Conn) explain(op string, err error) error {
	if err == nil {
		return nil
	}
	var known *net.OpError
	if errors.As(err, &known) {
		known.Op = op
		return known
	}
	return &net.OpError{Op: op, Net: c.LocalAddr().Network(), Source: c.LocalAddr(), Addr: c.RemoteAddr(), Err: os.NewSyscallError(op, err)}
}
