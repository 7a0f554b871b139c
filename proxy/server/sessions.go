package server

import (
	"cmp"
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
	s.mu.Lock()
	defer s.mu.Unlock()
	ended := 0
	for c := range s.connections {
		if c.info.Account != account || device != "" && !strings.EqualFold(c.info.Device, device) {
			continue
		}
		_ = c.nc.Close()
		s.log.Warn("the session is ended", "session", c.id, "client", c.client.String(),
			"account", c.info.Account, "device", c.info.Device, "cause", why)
		ended++
	}
	return ended
}
