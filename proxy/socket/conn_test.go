//go:build unix

package socket

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"popbridge/tests/liars"
)

// connected gives both ends of a TCP connection: an ordinary one, and ours as Of makes it.
func connected(t *testing.T) (other *net.TCPConn, ours net.Conn) {
	t.Helper()
	other, accepted := liars.Pair(t)
	return other, Of(accepted)
}

// stream is more than the system holds of a connection whose other end reads nothing.
func stream() []byte {
	all := make([]byte, 16<<20)
	for i := range all {
		all[i] = byte(i>>12) ^ byte(i)
	}
	return all
}

// TestEachOctetOnce: in both directions at once all that is written arrives, once and in
// order, though neither side takes it at one go; then comes the end.
func TestEachOctetOnce(t *testing.T) {
	other, ours := connected(t)
	all := stream()
	wrote := make(chan error, 2)
	for _, nc := range []interface {
		io.Writer
		CloseWrite() error
	}{other, ours.(*Conn)} {
		go func() {
			n, err := nc.Write(all)
			if err == nil && n != len(all) {
				err = io.ErrShortWrite
			}
			wrote <- errors.Join(err, nc.CloseWrite())
		}()
	}
	read := make(chan []byte, 1)
	go func() {
		got, _ := io.ReadAll(other)
		read <- got
	}()
	got, err := io.ReadAll(ours)
	if err != nil || !bytes.Equal(got, all) {
		t.Errorf("%d octets were read, %v, and they are not those that were written", len(got), err)
	}
	if got := <-read; !bytes.Equal(got, all) {
		t.Errorf("%d octets arrived that are not those that were written", len(got))
	}
	if err := errors.Join(<-wrote, <-wrote); err != nil {
		t.Error(err)
	}
	if n, err := ours.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Errorf("behind the end came %d octets, %v", n, err)
	}
	if n, err := ours.Read(nil); n != 0 || err != nil {
		t.Errorf("into no room came %d octets, %v", n, err)
	}
}

// TestErrorsAreThoseOfTheConnection: what ends a read or a write is told as by the connection
// that it is made of: deadlines, our own end of it, the other's.
func TestErrorsAreThoseOfTheConnection(t *testing.T) {
	past := time.Unix(1, 0)
	for name, c := range map[string]struct {
		happens func(other *net.TCPConn, ours net.Conn)
		is      error // of a read; a write may hear of it otherwise
	}{
		"deadline": {func(_ *net.TCPConn, ours net.Conn) { _ = ours.SetDeadline(past) }, os.ErrDeadlineExceeded},
		"closed":   {func(_ *net.TCPConn, ours net.Conn) { _ = ours.Close() }, net.ErrClosed},
		"reset": {func(other *net.TCPConn, _ net.Conn) {
			_ = other.SetLinger(0)
			_ = other.Close()
		}, syscall.ECONNRESET},
	} {
		for op, do := range map[string]func(net.Conn) error{
			"read":  func(nc net.Conn) error { _, err := nc.Read(make([]byte, 1)); return err },
			"write": func(nc net.Conn) error { _, err := nc.Write(stream()); return err },
		} {
			t.Run(name+" "+op, func(t *testing.T) {
				other, ours := connected(t)
				plainOther, plain := connected(t)
				plain = plain.(*Conn).TCPConn
				c.happens(other, ours)
				c.happens(plainOther, plain)
				got, want := do(ours), do(plain)
				var ge, we *net.OpError
				if !errors.Is(got, c.is) && op == "read" || !errors.As(got, &ge) || !errors.As(want, &we) {
					t.Fatalf("%v instead of %v", got, want)
				}
				if ge.Op != we.Op || ge.Net != we.Net || ge.Timeout() != we.Timeout() || ge.Addr.String() != ours.RemoteAddr().String() || ge.Source.String() != ours.LocalAddr().String() {
					t.Errorf("%#v instead of %#v", ge, we)
				}
				if n := ours.(*Conn).Take([]byte("x")); n != 0 {
					t.Errorf("%d octets were taken behind it", n)
				}
			})
		}
	}
}

// TestWaiting: what waits for the other end goes on when that has come, ends at a deadline
// that is set meanwhile, and when the connection is closed.
func TestWaiting(t *testing.T) {
	other, ours := connected(t)
	result := make(chan error)
	read := func() {
		_, err := ours.Read(make([]byte, 1))
		result <- err
	}
	go read()
	if _, err := other.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := <-result; err != nil {
		t.Errorf("an octet that came was read with %v", err)
	}
	go read()
	_ = ours.SetReadDeadline(time.Now())
	if err := <-result; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a deadline ended a read with %v", err)
	}
	_ = ours.SetReadDeadline(time.Time{})
	go read()
	go func() {
		_, err := ours.Write(stream())
		result <- err
	}()
	_ = ours.Close()
	for range 2 {
		if err := <-result; !errors.Is(err, net.ErrClosed) {
			t.Errorf("a connection that was closed ended what waited with %v", err)
		}
	}
}

// TestOnlyTCP: a connection of another kind is what it was.
func TestOnlyTCP(t *testing.T) {
	one, other := net.Pipe()
	defer one.Close()
	defer other.Close()
	if got := Of(one); got != one {
		t.Errorf("it became a %T", got)
	}
	_, ours := connected(t)
	if got := Of(ours); got != ours {
		t.Errorf("ours became another %T", got)
	}
}
