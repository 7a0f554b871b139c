//go:build !linux

package pop3box

import "net"

// ackAtOnce is the connection as it is: only Linux can be asked to acknowledge at once.
func ackAtOnce(nc net.Conn) net.Conn { return nc }
