package server

import (
	"net"

	"popbridge/configs"
	"popbridge/proxy/door"
	"popbridge/proxy/session"
	"popbridge/proxy/submission"
)

// protocol is what a listener needs to know of what its devices speak.
type protocol struct {
	// serve serves a session to its end, and closes the connection.
	serve func(door.Env, net.Conn)
	// alpn names it in TLS (RFC 7301).
	alpn string
	// busy is all that a device hears for which there is no room.
	busy string
}

func protocolOf(l configs.Listener) protocol {
	if l.Protocol == configs.DeviceSMTP {
		return protocol{submission.Serve, "smtp", "421 4.3.2 too many connections, try again later\r\n"}
	}
	return protocol{session.Serve, "pop3", "-ERR [SYS/TEMP] too many connections, try again later\r\n"}
}
