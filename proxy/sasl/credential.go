package sasl

import (
	"errors"
	"popbridge/configs"
	"popbridge/translate"
	"strings"
)

// Credential is what a device brings to show who it is: a name, and exactly one of
// the others; or Never.
type Credential struct {
	Name      string         // as the device gave it
	Password  configs.Secret // for whom the route says: the ledger, the upstream, or both
	Bearer    configs.Secret // a token, for the upstream alone
	Proof     *Proof         // of a device password that did not cross the wire
	Digest    *Digest        // of a device password, still to be compared
	Certified []string       // the names that the device's TLS certificate is good for
	Never     error          // why it can be nobody's, as it came; the login is counted like any other
	// Rejection is sent as a challenge before the -ERR, where the credential is
	// refused; empty: nothing is.
	Rejection string
}

// Proof is of a device password that has not crossed the wire itself.
type Proof struct {
	Password translate.DevicePassword
	Err      error // why it proves nothing; nil: it does
}

// Why a credential can be nobody's.
var (
	errControlOctet = errors.New("the password holds NUL, CR or LF")
	errSomebodyElse = errors.New("the device wants to act for somebody else")
)

// WithPassword is the credential of a password that crosses the wire. What could be
// cut short or become another line on its way upstream is nobody's (CWE-158): PASS
// cannot hold it, base64 can.
func WithPassword(name, password string) Credential {
	if strings.ContainsAny(password, "\x00\r\n") {
		return Credential{Name: name, Never: errControlOctet}
	}
	return Credential{Name: name, Password: configs.NewSecret(password)}
}
