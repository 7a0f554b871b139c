//go:build !unix

package door

import "net"

// socket takes nothing at once where there is no call for it that all these systems have.
type socket struct{}

func socketOf(net.Conn) *socket { return nil }

func (*socket) take([]byte) int { return 0 }
