package proxy

import (
	"strings"

	"popbridge/translate"
)

// End ends the sessions of an account, or where device is not empty of one device
// of it, and gives their number. Their connections close without another octet;
// what they have marked is not deleted, but for a QUIT that is being carried out
// already. Logins of theirs that are under way come to nothing. The log says why.
func (s *Server) End(account, device, why string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	ended := 0
	for sess, nc := range s.sessions {
		if sess.owner.Account != account || device != "" && !strings.EqualFold(sess.owner.Device, device) {
			continue
		}
		_ = nc.Close()
		s.log.Warn("the session is ended", "session", sess.id, "client", sess.client.String(),
			"account", sess.owner.Account, "device", sess.owner.Device, "cause", why)
		ended++
	}
	return ended
}

// name says whose session it is, for End; the zero Login is nobody's.
func (s *Server) name(sess *session, owner translate.Login) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sess.owner = owner
}

// Sessions is how many sessions an account has, those included that have named it
// and are still logging in.
func (s *Server) Sessions(account string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for sess := range s.sessions {
		if sess.owner.Account == account {
			n++
		}
	}
	return n
}
