package server

import (
	"errors"
	"fmt"
	"net"
	"syscall"

	"popbridge/proxy/socket"
)

// OpenPort opens a port as a listener does. Its error says what to do about it.
func OpenPort(address string) (net.Listener, error) {
	l, err := socket.Listen(address)
	if err != nil {
		return nil, explainPort(err)
	}
	return l, nil
}

// explainPort says what to do about a port that cannot be opened.
func explainPort(err error) error {
	advice := ""
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		advice = `another program is already using this port, perhaps another popbridge or a POP3 server; "ss -ltnp", as root, shows which`
	case errors.Is(err, syscall.EACCES):
		advice = "a port below 1024 needs CAP_NET_BIND_SERVICE, which popbridge.service gives, or root; or take a port from 1024 on"
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		advice = `this machine has no such address; "ip address" shows those that it has`
	default:
		return err
	}
	return fmt.Errorf("%w: %s", err, advice)
}
