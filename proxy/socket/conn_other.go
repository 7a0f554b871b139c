//go:build !unix

package socket

import "net"

// Conn is nothing more than a TCP connection where the system has other calls.
type Conn struct{ *net.TCPConn }

// Of gives the connection back as it is.
func Of(nc net.Conn) net.Conn { return nc }

// Take writes nothing.
func (*Conn) Take([]byte) int { return 0 }
