package server

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"

	"popbridge/configs"
)

// serverTLS makes what a listener needs for TLS, and the certificates that it
// shows; nil where it has none. ALPN is the protocol's or nothing, so that a connection meant
// for another protocol is refused (RFC 7301, ALPACA).
func serverTLS(l configs.Listener) (*tls.Config, *certificates, error) {
	if l.TLS == configs.TLSNone {
		return nil, nil, nil
	}
	id, err := loadCertificates(l)
	if err != nil {
		return nil, nil, err
	}
	config := &tls.Config{GetCertificate: id.choose, NextProtos: []string{protocolOf(l).alpn}}
	l.TLSProfile.Restrict(config)
	return config, id, askForCertificates(config, l)
}

var errNoCertificate = errors.New("the listener has no certificate")

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
