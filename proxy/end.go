package proxy

import "strings"

// End ends the sessions of an account, or where device is not empty of one device
// of it, and gives their number. Their connections close without another octet;
// what they have marked is not deleted, but for a QUIT that is being carried out
// already. Logins of theirs that are under way come to nothing. The log says why.
func (s *Server) End(account, device, why string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	ended := 0
	for sess, nc := range s.sessions {
		if sess.shown.Account != account || device != "" && !strings.EqualFold(sess.shown.Device, device) {
			continue
		}
		_ = nc.Close()
		s.log.Warn("the session is ended", "session", sess.id, "client", sess.client.String(),
			"account", sess.shown.Account, "device", sess.shown.Device, "cause", why)
		ended++
	}
	return ended
}
