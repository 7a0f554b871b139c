package backend

import "time"

// SessionInfo is a session as others may see it: one that has named its account.
type SessionInfo struct {
	Account  string    `json:"account"`
	Device   string    `json:"device"` // empty: the account itself
	Client   string    `json:"client"` // its address
	Listener string    `json:"listener"`
	Upstream string    `json:"upstream"` // where its route leads
	State    string    `json:"state"`    // one of the three below
	TLS      bool      `json:"tls"`      // towards the device
	Since    time.Time `json:"since"`
}

// The states of a session are those of RFC 1939 §3. One that goes on to write down
// what it has learned, after its connection has ended, is in UPDATE.
const (
	StateAuthorization = "authorization" // its login is being tried
	StateTransaction   = "transaction"
	StateUpdate        = "update"
)

// LoggedIn reports whether a session has come to TRANSACTION.
func (i SessionInfo) LoggedIn() bool { return i.State == StateTransaction || i.State == StateUpdate }
