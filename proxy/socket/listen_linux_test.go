package socket

import (
	"net"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestKeptAlive: a connection that was accepted asks whether the other end is still there as
// one of Go's own listeners does.
func TestKeptAlive(t *testing.T) {
	options := func(listener net.Listener, err error) (found [5]int) {
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		other, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close()
		nc, err := listener.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		raw, err := nc.(syscall.Conn).SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		_ = raw.Control(func(fd uintptr) {
			for i, option := range [][2]int{
				{unix.SOL_SOCKET, unix.SO_KEEPALIVE}, {unix.IPPROTO_TCP, unix.TCP_KEEPIDLE}, {unix.IPPROTO_TCP, unix.TCP_KEEPINTVL},
				{unix.IPPROTO_TCP, unix.TCP_KEEPCNT}, {unix.IPPROTO_TCP, unix.TCP_NODELAY},
			} {
				if found[i], err = unix.GetsockoptInt(int(fd), option[0], option[1]); err != nil {
					t.Error(err)
				}
			}
		})
		return found
	}
	ours, theirs := options(Listen("127.0.0.1:0")), options(net.Listen("tcp", "127.0.0.1:0"))
	if ours != theirs || ours[0] != 1 {
		t.Errorf("a connection has %v instead of %v", ours, theirs)
	}
}
