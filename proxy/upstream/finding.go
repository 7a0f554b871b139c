package upstream

import (
	"crypto/tls"
	"fmt"
	"time"

	"popbridge/configs"
	"popbridge/translate"
)

// Finding is one line of what a probe of an upstream has found out.
type Finding struct {
	Text    string
	Err     error // not nil: it does not work
	Warning bool  // it works, and an operator should know
}

// Watched makes a Dialer for one look at an upstream; once that has shaken hands, the
// state is its TLS's. Without TLS the state stays empty.
func Watched(u configs.Upstream) (*Dialer, *tls.ConnectionState) {
	d, state := NewDialer(), new(tls.ConnectionState)
	if config, err := d.tlsConfig(u); err == nil && config != nil {
		config.VerifyConnection = func(cs tls.ConnectionState) error { *state = cs; return nil }
	}
	return d, state
}

// DescribeTLS says how a connection is protected, and until when.
func DescribeTLS(state tls.ConnectionState) string {
	if len(state.PeerCertificates) == 0 {
		return "connected without TLS"
	}
	leaf := state.PeerCertificates[0]
	text := fmt.Sprintf("connected with %s, certificate valid until %s", tls.VersionName(state.Version), leaf.NotAfter.Format(time.DateOnly))
	if days := int(time.Until(leaf.NotAfter).Hours() / 24); days < 21 {
		text += fmt.Sprintf(" (%d days)", days)
	}
	return text
}

// Unsupported says what a maildrop's policy wants and the mailbox does not have.
func Unsupported(d configs.Maildrop, s translate.Server) []Finding {
	var findings []Finding
	for _, missing := range d.Policy().Unsupported(s) {
		f := Finding{Text: fmt.Sprintf("maildrop %q: %s", d.Name, missing.Text), Warning: true}
		if missing.Fatal {
			f = Finding{Err: fmt.Errorf("maildrop %q: %s", d.Name, missing.Text)}
		}
		findings = append(findings, f)
	}
	return findings
}
