package sasl

import (
	"crypto/x509"
	"slices"

	"popbridge/configs"
)

// offerExternal: a certificate opens nothing upstream, as a device password does
// not.
func offerExternal(t Terms) (usable, announced bool) {
	usable = len(t.Certified) > 0 && slices.ContainsFunc(t.Routes(), func(r configs.Route) bool { return r.Login != configs.LoginUpstream })
	return usable, usable
}

// Names gives those that a device's TLS certificate is good for: its e-mail
// addresses, else its common name; nil is no certificate.
func Names(c *x509.Certificate) []string {
	switch {
	case c == nil:
		return nil
	case len(c.EmailAddresses) > 0:
		return c.EmailAddresses
	case c.Subject.CommonName != "":
		return []string{c.Subject.CommonName}
	}
	return nil
}

// external is EXTERNAL (RFC 4422, appendix A): who the device is TLS has told
// already. It may name the account, with a device, and has to where its certificate
// is good for several.
type external struct {
	certified  []string
	credential Credential
}

func (x *external) Next(response []byte) (challenge []byte, done bool, err error) {
	if response == nil {
		return nil, false, nil
	}
	name := string(response)
	if name == "" && len(x.certified) == 1 {
		name = x.certified[0]
	}
	if name == "" {
		return nil, false, syntax("the certificate is good for several accounts, name one")
	}
	x.credential = Credential{Name: name, Certified: x.certified}
	return nil, true, nil
}

func (x *external) Credential() Credential { return x.credential }
