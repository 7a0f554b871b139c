package sasl

import (
	"fmt"
	"strings"

	"popbridge/configs"
	"popbridge/translate"
)

// Exchange is the server's side of one authentication. A new one is made for each.
type Exchange interface {
	// Next takes what the device has said, decoded, and gives what to say to it. The
	// first call takes the initial response, or nil where there was none; an empty
	// one is not nil (RFC 5034 §4). When done is true nothing is to be said, and
	// Credential has what the device has shown. A SyntaxError is the device's
	// mistake; other errors are Refusals, with Credential naming who it was.
	Next(response []byte) (challenge []byte, done bool, err error)
	// Credential gives what the device has shown. Before that it has a name where the
	// exchange has cost a look at what is known of the account.
	Credential() Credential
}

// SyntaxError says what is wrong with what a device has sent.
type SyntaxError struct{ Text string }

func (e *SyntaxError) Error() string { return e.Text }

func syntax(format string, args ...any) error { return &SyntaxError{fmt.Sprintf(format, args...)} }

// Terms are what holds for a login on a connection, whoever it turns out to be.
type Terms struct {
	Private    bool                                                          // passwords may cross the wire
	Routes     func() []configs.Route                                        // those that the login may take
	TakesToken func(upstream string) bool                                    // its logins go by OAuth 2.0
	Keyring    func(name string) (translate.Keyring, translate.Login, error) // nil: no device has a password of its own
	Digests    bool                                                          // the operator allows MD5 of a password (listener.apop)
	Certified  []string                                                      // the names that the device's TLS certificate is good for
}

// Mechanism is one way to authenticate.
type Mechanism struct {
	Name string
	// Secret says that what the device sends would let others in who read it.
	Secret bool
	// offer reports whether a login may come in by it, and whether it is announced:
	// clients take the best of what is announced, and do not try another where that
	// fails. nil: both.
	offer func(Terms) (usable, announced bool)
	begin func(Terms) Exchange
}

// mechanisms in the order in which they are announced; RFC 1734 leaves the choice
// to the client, and a few take the first.
var mechanisms = []Mechanism{
	{"PLAIN", true, nil, func(Terms) Exchange { return &plain{} }},
	{"LOGIN", true, nil, func(Terms) Exchange { return &login{} }},
	{"SCRAM-SHA-256", false, offerSCRAM, newSCRAM},
	{"CRAM-MD5", false, OfferDigest, func(Terms) Exchange { return &cramMD5{challenge: Timestamp()} }},
	{"EXTERNAL", false, offerExternal, func(t Terms) Exchange { return &external{certified: t.Certified} }},
	{"XOAUTH2", true, offerBearer, func(Terms) Exchange { return &bearer{format: xoauth2} }},
	{"OAUTHBEARER", true, offerBearer, func(Terms) Exchange { return &bearer{format: oauthBearer} }},
}

// Announced names the mechanisms that CAPA and AUTH list under these terms.
func Announced(t Terms) (names []string) {
	for _, m := range mechanisms {
		if m.Secret && !t.Private {
			continue
		}
		if m.offer != nil {
			if usable, announced := m.offer(t); !usable || !announced {
				continue
			}
		}
		names = append(names, m.Name)
	}
	return names
}

// Find gives a mechanism that a login may come in by under these terms; whether it
// needs privacy first is another question.
func Find(name string, t Terms) (Mechanism, bool) {
	for _, m := range mechanisms {
		if !strings.EqualFold(m.Name, name) {
			continue
		}
		if m.offer == nil {
			return m, true
		}
		usable, _ := m.offer(t)
		return m, usable
	}
	return Mechanism{}, false
}

// Known reports whether a word names a mechanism, and is no token or password in
// its place.
func Known(word string) bool {
	for _, m := range mechanisms {
		if strings.EqualFold(m.Name, word) {
			return true
		}
	}
	return false
}

// Begin makes an Exchange.
func (m Mechanism) Begin(t Terms) Exchange { return m.begin(t) }
