//go:build !linux

package socket

import "net"

// Listen opens a TCP port.
func Listen(address string) (net.Listener, error) { return net.Listen("tcp", address) }
