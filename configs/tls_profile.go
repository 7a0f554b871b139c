package configs

import "crypto/tls"

// TLSProfile is which TLS is spoken.
type TLSProfile uint8

// The profiles.
const (
	// TLSModern is what RFC 9325 asks for: TLS 1.2 and 1.3 with forward secrecy.
	TLSModern TLSProfile = iota
	// TLSLegacy also takes what devices of 2000 to 2015 speak: TLS 1.0 and 1.1, CBC,
	// RSA key exchange, 3DES. There is no SSL 3.0, no SSL 2.0 hello, no RC4 and no
	// finite-field DHE: crypto/tls has none of them, or should not.
	TLSLegacy
)

var tlsProfileWords = [...]string{"modern", "legacy"}

// String gives the operator's word.
func (p TLSProfile) String() string { return tlsProfileWords[p] }

// UnmarshalText takes one of modern, legacy.
func (p *TLSProfile) UnmarshalText(text []byte) error { return parseWord(p, text, tlsProfileWords[:]) }

// Restrict sets the versions and the cipher suites of a configuration, on either
// side. Suites are named, since crypto/tls leaves out the old ones by default.
func (p TLSProfile) Restrict(c *tls.Config) {
	c.MinVersion = tls.VersionTLS12
	c.CipherSuites = []uint16{
		tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
		tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
		tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
	}
	if p == TLSModern {
		return
	}
	c.MinVersion = tls.VersionTLS10
	c.CipherSuites = append(c.CipherSuites,
		tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
		tls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA, tls.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,
		tls.TLS_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_RSA_WITH_AES_256_GCM_SHA384,
		tls.TLS_RSA_WITH_AES_128_CBC_SHA, tls.TLS_RSA_WITH_AES_256_CBC_SHA,
		tls.TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA, tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA,
	)
}
