//go:build !unix

package door

import "net"

// MayAwait reports whether Await waits on a connection.
func MayAwait(net.Conn) bool { return false }

// Await returns at once.
func Await(net.Conn) {}
