package desk

import "time"

// OwnerLink is an address for an account's owner.
type OwnerLink struct {
	Account  string    `json:"account"`
	Upstream string    `json:"upstream"`
	Address  string    `json:"address"` // it is told this once
	Expires  time.Time `json:"expires"`
}

// Consent is what an owner agrees to.
type Consent struct {
	Account  string   // as the mail server knows it
	Upstream string   // its label
	Server   string   // its address
	Provider string   // where the owner signs in
	Scopes   []string // what popbridge asks the provider for
	SignIn   string   // the address for that
	Code     string   // to be typed in there; empty where the browser comes back by itself
	Done     string   // the address to go on at, where there is a code
	Expires  time.Time
}
