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
	// begin makes the session of a connection.
	begin func(door.Env, net.Conn) served
	// alpn names it in TLS (RFC 7301).
	alpn string
	// busy is all that a device hears for which there is no room.
	busy string
}

// served is a session that is served, by one goroutine at a time.
type served interface {
	// Run serves it until it has ended, and its connection is closed, or until its device
	// has been silent for so long that it rests, which it reports: it is run again when
	// there is something to read.
	Run() (rests bool)
}

func protocolOf(l configs.Listener) protocol {
	if l.Protocol == configs.DeviceSMTP {
		return protocol{func(e door.Env, nc net.Conn) served { return restless(func() { submission.Serve(e, nc) }) },
			"smtp", "421 4.3.2 too many connections, try again later\r\n"}
	}
	return protocol{func(e door.Env, nc net.Conn) served { return session.New(e, nc) },
		"pop3", "-ERR [SYS/TEMP] too many connections, try again later\r\n"}
}

// restless is a session that is served in one go.
type restless func()

// Run is served's.
func (r restless) Run() bool { r(); return false }
