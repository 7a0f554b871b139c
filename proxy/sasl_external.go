package proxy

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"slices"

	"popbridge/configs"
	"popbridge/translate"
)

// certificate is what a device has shown in TLS.
type certificate struct {
	name string // the account that it is good for
	err  error  // why it is good for nobody; nil: it is
}

// askForCertificates has a listener ask devices for certificates of their own, and
// end the handshake with one that shows another's than those of client_ca_file.
func askForCertificates(config *tls.Config, l configs.Listener) error {
	if l.ClientCAFile == "" {
		return nil
	}
	text, err := os.ReadFile(l.ClientCAFile)
	if err != nil {
		return err
	}
	config.ClientCAs, config.ClientAuth = x509.NewCertPool(), tls.VerifyClientCertIfGiven
	if !config.ClientCAs.AppendCertsFromPEM(text) {
		return fmt.Errorf("%s holds no certificate in PEM", l.ClientCAFile)
	}
	return nil
}

// certified are the names that the device's certificate is good for.
func (s *session) certified() []string {
	c := s.conn.Certificate()
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

// offersExternal: a certificate opens nothing upstream, as a device password does
// not.
func (s *session) offersExternal() (usable, announced bool) {
	usable = len(s.certified()) > 0 && slices.ContainsFunc(s.served(), func(r configs.Route) bool { return r.Login != configs.LoginUpstream })
	return usable, usable
}

// authExternal is EXTERNAL (RFC 4422, appendix A): who the device is TLS has told
// already. It may name the account, with a device, and has to where its certificate
// is good for several.
func (s *session) authExternal(d dialogue) error {
	answer, err := d.first("")
	if err != nil {
		return err
	}
	names, name := s.certified(), string(answer)
	if name == "" && len(names) == 1 {
		name = names[0]
	}
	if name == "" {
		return usage("the certificate is good for several accounts, name one")
	}
	login, err := s.rules().Parse(name)
	for _, good := range names {
		if own, ownErr := s.rules().Parse(good); err == nil && ownErr == nil && own.Account == login.Account && (own.Device == "" || own.Device == login.Device) {
			return s.logIn(name, credential{shown: &certificate{name: good}})
		}
	}
	err = translate.BadCredentials(errors.New("the device's certificate is not good for that account"))
	return s.logIn(name, credential{shown: &certificate{err: err}})
}
