package proxy

import (
	"cmp"
	"popbridge/proxy/route"
	"slices"
	"time"
)

// Presence is a session as others may see it: one that has named its account.
type Presence struct {
	Account  string
	Device   string // empty: the account itself
	Client   string // its address
	Listener string
	Upstream string // where its route leads
	State    string // one of the three below
	TLS      bool   // towards the device
	Since    time.Time
}

// The states of a Presence are those of RFC 1939 §3. A session that goes on to
// write down what it has learned, after its connection has ended, is in UPDATE.
const (
	PresentAuthorization = "authorization" // its login is being tried
	PresentTransaction   = "transaction"
	PresentUpdate        = "update"
)

// name says whose session it is from now on, and where it leads; the zero route.Target
// is nobody's.
func (s *Server) name(sess *session, j route.Target) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sess.shown = Presence{}
	if j.Account != "" {
		sess.shown = Presence{
			Account: j.Account, Device: j.Device, Client: sess.client.String(), Listener: sess.listener.Name, Upstream: j.Upstream.Name,
			State: PresentAuthorization, TLS: sess.tls, Since: time.Now(),
		}
	}
}

// enter says that a session that has a name has come to a state.
func (s *Server) enter(sess *session, state string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sess.shown.State = state
}

// loggedIn reports whether a session has come to TRANSACTION. It is called with
// the mutex held.
func (p Presence) loggedIn() bool { return p.State == PresentTransaction || p.State == PresentUpdate }

// Present gives the sessions of an account, or where it is empty all that have
// named theirs, the oldest first.
func (s *Server) Present(account string) []Presence {
	s.mu.Lock()
	present := make([]Presence, 0, len(s.sessions))
	for sess := range s.sessions {
		if p := sess.shown; p.Account != "" && (account == "" || p.Account == account) {
			present = append(present, p)
		}
	}
	s.mu.Unlock()
	slices.SortFunc(present, func(a, b Presence) int { return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Account, b.Account)) })
	return present
}

// Sessions is how many sessions an account has, those included that have named it
// and are still logging in.
func (s *Server) Sessions(account string) int { return len(s.Present(account)) }
