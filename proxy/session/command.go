package session

import (
	"fmt"
	"maps"
	"slices"

	"popbridge/proxy/pop3"
)

// Verbs are the commands that exist, sorted.
func Verbs() []string { return slices.Sorted(maps.Keys(commands)) }

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
	run func(*Session, pop3.Command) error
}

var commands = map[string]command{
	"APOP": {authorization, (*Session).apop},
	"AUTH": {authorization, (*Session).auth},
	"CAPA": {anyState, (*Session).capa},
	"DELE": {transaction, (*Session).dele},
	"LANG": {anyState, (*Session).lang},
	"LAST": {transaction, (*Session).last},
	"LIST": {transaction, (*Session).list},
	"NOOP": {transaction, (*Session).noop},
	"PASS": {authorization, (*Session).pass},
	"QUIT": {anyState, (*Session).quit},
	"RETR": {transaction, (*Session).retr},
	"RSET": {transaction, (*Session).rset},
	"STAT": {transaction, (*Session).stat},
	"STLS": {authorization, (*Session).stls},
	"TOP":  {transaction, (*Session).top},
	"UIDL": {transaction, (*Session).uidl},
	"USER": {authorization, (*Session).userName},
	"UTF8": {authorization, (*Session).utf8},
}

func (s *Session) dispatch(cmd pop3.Command) error {
	c, known := commands[cmd.Verb]
	switch {
	case !known:
		if s.state == authorization && foreign(cmd.Verb) {
			s.finish("not POP3")
			if cmd.Verb == headerVerb {
				s.Throttle.Say(s.Log.Warn, s.Client, "a PROXY header came from an address that proxy_protocol does not name", "listener", s.Listener.Name)
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
