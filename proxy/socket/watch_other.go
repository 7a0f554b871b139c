//go:build !linux

package socket

import (
	"net"
	"time"
)

// Watch watches nothing where the system has other calls.
type Watch struct{}

// Sleep reports that nobody will be woken.
func (*Watch) Sleep(net.Conn, Sleeper) bool { return false }

// Close does nothing.
func (*Watch) Close() {}

// bed is nothing that a connection would have to know.
type bed struct{}

func (*bed) expects(time.Time) {}
func (*bed) closed()           {}
