package proxy

import (
	"fmt"

	"popbridge/proxy/pop3"
)

// state is one of RFC 1939's; UPDATE is entered by QUIT and has no commands.
type state uint8

const (
	authorization state = 1 << iota
	transaction
	anyState = authorization | transaction
)

// command is one verb: the states that it is right in, and what it does.
type command struct {
	in  state
	run func(*session, pop3.Command) error
}

var commands = map[string]command{
	"APOP": {authorization, (*session).apop},
	"AUTH": {authorization, (*session).auth},
	"CAPA": {anyState, (*session).capa},
	"DELE": {transaction, (*session).dele},
	"LANG": {anyState, (*session).lang},
	"LAST": {transaction, (*session).last},
	"LIST": {transaction, (*session).list},
	"NOOP": {transaction, (*session).noop},
	"PASS": {authorization, (*session).pass},
	"QUIT": {anyState, (*session).quit},
	"RETR": {transaction, (*session).retr},
	"RSET": {transaction, (*session).rset},
	"STAT": {transaction, (*session).stat},
	"STLS": {authorization, (*session).stls},
	"TOP":  {transaction, (*session).top},
	"UIDL": {transaction, (*session).uidl},
	"USER": {authorization, (*session).userName},
	"UTF8": {authorization, (*session).utf8},
}

func (s *session) dispatch(cmd pop3.Command) error {
	c, known := commands[cmd.Verb]
	switch {
	case !known:
		if s.state == authorization && foreign(cmd.Verb) {
			s.finish("not POP3")
			if cmd.Verb == headerVerb {
				s.server.seldom.say(s.log.Warn, s.client, "a PROXY header came from an address that proxy_protocol does not name", "listener", s.listener.Name)
			}
			return brokenBody{fmt.Errorf("%.20q is not POP3", cmd.Verb)}
		}
		return usage("unknown command")
	case c.in&s.state == 0 && s.state == authorization:
		return usage("log in first")
	case c.in&s.state == 0:
		return usage("already logged in")
	}
	return c.run(s, cmd)
}

// headerVerb begins a PROXY header of version 1. From an address that may not
// send one it is a forgery, or a load balancer that was not named.
const headerVerb = "PROXY"

// foreign knows the verbs of other protocols: a browser tricked into sending a
// request to this port must get nothing out of it.
func foreign(verb string) bool {
	switch verb {
	case "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "CONNECT", "PATCH", "TRACE", "PRI", "EHLO", "HELO", "MAIL", headerVerb:
		return true
	}
	return false
}
