//go:build !linux

package door

import "net"

// unread is told by no call that all these systems have.
func unread(net.Conn) (octets int, ok bool) { return 0, false }
