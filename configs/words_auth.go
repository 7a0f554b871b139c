package configs

// Auth is how popbridge logs in upstream.
type Auth uint8

// The ways to log in upstream.
const (
	// AuthPassword sends the password that the device gave.
	AuthPassword Auth = iota
	// AuthSCRAM proves it without sending it (RFC 5802, RFC 7677).
	AuthSCRAM
	// AuthMaster uses a master user's password for every account.
	AuthMaster
	// AuthOAuth2 uses an access token (RFC 6749).
	AuthOAuth2
)

// NeedsPassword reports whether nobody is let in without a password of the account.
func (a Auth) NeedsPassword() bool { return a != AuthMaster && a != AuthOAuth2 }

// Flow is how an access token is come by.
type Flow uint8

// The grants of OAuth 2.0 that need no browser here.
const (
	// FlowClientCredentials is RFC 6749 §4.4.
	FlowClientCredentials Flow = iota
	// FlowDevice is RFC 8628.
	FlowDevice
	// FlowJWT is RFC 7523 §2.1.
	FlowJWT
	// FlowCode is RFC 6749 §4.1 with PKCE (RFC 7636).
	FlowCode
)

// NeedsOwner reports whether the owner of each account has to agree.
func (f Flow) NeedsOwner() bool { return f == FlowDevice || f == FlowCode }

// Mechanism is how an access token is shown to a server.
type Mechanism uint8

// The SASL mechanisms for access tokens.
const (
	// MechanismXOAuth2 is Google's, which Microsoft took over.
	MechanismXOAuth2 Mechanism = iota
	// MechanismOAuthBearer is RFC 7628.
	MechanismOAuthBearer
)

// LegacyCharset is what octets of a password are taken for that are not UTF-8.
type LegacyCharset uint8

// The character sets of devices that know no UTF-8.
const (
	// LegacyNone sends a password as it came, and nothing else.
	LegacyNone LegacyCharset = iota
	// LegacyLatin1 is ISO 8859-1.
	LegacyLatin1
)

var (
	authWords      = [...]string{"password", "scram-sha-256", "master", "oauth2"}
	flowWords      = [...]string{"client_credentials", "device", "jwt", "code"}
	mechanismWords = [...]string{"xoauth2", "oauthbearer"}
	charsetWords   = [...]string{"none", "latin1"}
)

// String gives the operator's word.
func (a Auth) String() string { return authWords[a] }

// String gives the operator's word.
func (f Flow) String() string { return flowWords[f] }

// String gives the operator's word.
func (m Mechanism) String() string { return mechanismWords[m] }

// String gives the operator's word.
func (c LegacyCharset) String() string { return charsetWords[c] }

// UnmarshalText takes one of none, latin1.
func (c *LegacyCharset) UnmarshalText(text []byte) error { return parseWord(c, text, charsetWords[:]) }

// UnmarshalText takes one of password, scram-sha-256, master, oauth2.
func (a *Auth) UnmarshalText(text []byte) error { return parseWord(a, text, authWords[:]) }

// UnmarshalText takes one of client_credentials, device, jwt, code.
func (f *Flow) UnmarshalText(text []byte) error { return parseWord(f, text, flowWords[:]) }

// UnmarshalText takes one of xoauth2, oauthbearer.
func (m *Mechanism) UnmarshalText(text []byte) error { return parseWord(m, text, mechanismWords[:]) }
