package servers

import "testing"

// Kind is one kind of server, for tests that every server must pass.
type Kind struct {
	Name string
	// Start starts it with the given users; nil means Users().
	Start func(t testing.TB, users map[string]string) *Server
}

// All are the kinds: dovecot, dovecot-plain (the same program announcing no more
// than an old server does), cyrus and courier.
func All() []Kind {
	return []Kind{
		{"dovecot", func(t testing.TB, users map[string]string) *Server {
			return StartDovecot(t, Dovecot{Users: users})
		}},
		{"dovecot-plain", func(t testing.TB, users map[string]string) *Server {
			return StartDovecot(t, Dovecot{Users: users, Capability: Plain, NoSpecialUse: true})
		}},
		{"cyrus", func(t testing.TB, users map[string]string) *Server {
			return StartCyrus(t, Cyrus{Users: users})
		}},
		{"courier", func(t testing.TB, users map[string]string) *Server {
			return StartCourier(t, Courier{Users: users})
		}},
	}
}
