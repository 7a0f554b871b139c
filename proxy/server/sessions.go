package server

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"popbridge/proxy/backend"
)

// Present gives the sessions of an account, or where it is empty all that have
// named theirs, the oldest first.
func (s *Server) Present(account string) []backend.SessionInfo {
	s.mu.Lock()
	present := make([]backend.SessionInfo, 0, len(s.connections))
	for c := range s.connections {
		if p := c.info; p.Account != "" && (account == "" || p.Account == account) {
			present = append(present, p)
		}
	}
	s.mu.Unlock()
	slices.SortFunc(present, func(a, b backend.SessionInfo) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Account, b.Account))
	})
	return present
}

// Sessions is how many sessions an account has, those included that have named it
// and are still logging in.
func (s *Server) Sessions(account string) int { return len(s.Present(account)) }

// End ends the sessions of an account, or where device is not empty of one device
// of it, and gives their number. Their connections close without another octet;
// what they have marked is not deleted, but for a QUIT that is being carried out
// already. Logins of theirs that are under way come to nothing. The log says why.
func (s *Server) End(account, device, why string) int {
	return s.EndBefore(account, device, why, math.MaxInt64)
}

// EndBefore is End of the sessions that began before a place in the order of what operators
// ask. One that arrives, and does not know its own place yet, ends when it does, if it
// then has to.
func (s *Server) EndBefore(account, device, why string, at int64) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	ended := 0
	for c := range s.connections {
		if c.info.Account != account || device != "" && !strings.EqualFold(c.info.Device, device) {
			continue
		}
		switch {
		case c.since >= at:
		case c.arrives && at != math.MaxInt64:
			if at > c.due.at {
				c.due = due{at, why}
			}
		default:
			c.end(why)
			ended++
		}
	}
	return ended
}
