package setup

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"popbridge/configs"
)

// Answers are what has to be known before a configuration can be written.
type Answers struct {
	Folder      string // of the configuration and its secrets
	Provider    configs.Provider
	Address     string      // of a server that is no provider's: host or host:port
	TLS         configs.TLS // of that server, as looking has shown
	Account     string      // the first one that a device reads
	Sends       bool        // devices shall send mail too
	Submission  string      // where a server that is no provider's takes mail: host or host:port
	SendTLS     configs.TLS // of that, as looking has shown
	Domain      string      // whose accounts devices may log in as
	Device      string
	Networks    []netip.Prefix // where devices are; none: the private networks
	Flow        configs.Flow
	Tenant      string
	ClientID    string
	Proof       string // of the application, where it opens mailboxes by itself: secret or certificate
	Certificate string // in place of a secret
	Key         string
}

// ByToken reports whether popbridge logs in with access tokens, so that devices have
// passwords of their own.
func (a Answers) ByToken() bool {
	return a.Provider == configs.ProviderMicrosoft365 || a.Provider == configs.ProviderGoogleWorkspace
}

// Microsoft reports whether the mail is at Microsoft 365.
func (a Answers) Microsoft() bool { return a.Provider == configs.ProviderMicrosoft365 }

// choosesProof reports whether it is open how the application proves itself: not where
// the command line names a certificate.
func (a Answers) choosesProof() bool {
	certificate, _ := a.ownPair()
	return a.Microsoft() && !a.Flow.NeedsOwner() && (a.Certificate == "" || a.Certificate == certificate)
}

// server reports whether the mail is on a server that no preset knows.
func (a Answers) server() bool { return a.Provider == configs.ProviderOther }

// needsSecret reports whether the application proves itself by a secret.
func (a Answers) needsSecret() bool {
	return a.Microsoft() && !a.Flow.NeedsOwner() && a.Certificate == ""
}

// domainOf gives what stands behind the @ of an account, empty where there is none.
func domainOf(account string) string {
	_, domain, _ := strings.Cut(account, "@")
	return domain
}

// CertificateFits looks whether a certificate that was named is of use, once everything
// is answered.
func (a Answers) CertificateFits() error {
	if a.Certificate != "" && !(a.Microsoft() && !a.Flow.NeedsOwner()) {
		return errors.New("--client-certificate is for the flow client_credentials of Microsoft 365; leave it out")
	}
	return nil
}

// Agree looks whether answers fit one another.
func (a Answers) Agree() error {
	if domain := domainOf(a.Account); domain != "" && a.Domain != "" && !strings.EqualFold(domain, a.Domain) {
		return fmt.Errorf("the account %s is not in the domain %s; leave --domain out", a.Account, a.Domain)
	}
	return nil
}
