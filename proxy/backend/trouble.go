package backend

import "time"

// Trouble is something that has gone wrong for a device, for whoever is asked about it.
type Trouble struct {
	Kind     TroubleKind `json:"kind"`
	Account  string      `json:"account"`        // empty: the device's name led to none
	Device   string      `json:"device"`         // empty: the login names none
	User     string      `json:"user,omitempty"` // as the device called itself
	Client   string      `json:"client"`         // its address
	Listener string      `json:"listener"`
	Upstream string      `json:"upstream"`        // empty: no route matched
	Code     string      `json:"code,omitempty"`  // the response code that the device was told
	Limit    string      `json:"limit,omitempty"` // that refused it unseen: address or account
	Cause    string      `json:"cause"`           // as the log has it
	// First and Last are when it happened, Times times.
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
	Times int       `json:"times"`
}

// TroubleKind is what has gone wrong.
type TroubleKind string

// The kinds of trouble.
const (
	TroubleLogin TroubleKind = "login" // it was refused
	TroubleQUIT  TroubleKind = "quit"  // deletions were not confirmed
)

// Troubled tells of trouble; where nobody listens it does nothing.
func (b Backend) Troubled(t Trouble) {
	if b.Troubles == nil {
		return
	}
	t.First, t.Times = time.Now(), 1
	t.Last = t.First
	b.Troubles(t)
}
