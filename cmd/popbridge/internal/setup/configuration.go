package setup

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"popbridge/configs"
)

// The files beside the configuration.
const (
	secretName  = "microsoft_secret"
	accountName = "google.json"
	keyName     = "secrets_key"
)

// SecretFile is where the secret of the application is; empty where none is needed.
func (a Answers) SecretFile() string {
	if !a.needsSecret() {
		return ""
	}
	return filepath.Join(a.Folder, secretName)
}

// ServiceAccountFile is where the key of Google's service account is; empty where none
// is needed.
func (a Answers) ServiceAccountFile() string {
	if a.Provider != configs.ProviderGoogleWorkspace {
		return ""
	}
	return filepath.Join(a.Folder, accountName)
}

// KeyFile is where the key is that encrypts what owners agree to, and the passwords that
// copies of sent mail wait with; empty where there is neither.
func (a Answers) KeyFile() string {
	if a.Microsoft() && a.Flow.NeedsOwner() || a.Sends && !a.ByToken() {
		return filepath.Join(a.Folder, keyName)
	}
	return ""
}

// UpstreamName is the label of the server.
func (a Answers) UpstreamName() string {
	switch a.Provider {
	case configs.ProviderOther:
		return "mail"
	case configs.ProviderMicrosoft365:
		return "microsoft"
	case configs.ProviderGoogleWorkspace:
		return "google"
	}
	return a.Provider.String()
}

// Configuration writes what the answers come to, in YAML, in at most 15 lines.
func (a Answers) Configuration() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line(`# Written by "popbridge init". Every key: popbridge config example`)
	if file := a.KeyFile(); file != "" {
		line("state: {secrets_key_file: %q}", file)
	}
	line("listener:")
	line("  pop3: {address: \":110\", plaintext_auth: true%s}", a.networks())
	if a.Sends {
		line("  submission: {protocol: smtp, address: \":587\", plaintext_auth: true%s}", a.networks())
	}
	line("upstream:")
	line("  %s:", a.UpstreamName())
	if a.server() {
		line("    address: %q", a.Address)
		if a.TLS != configs.TLSImplicit {
			line("    tls: %s", a.TLS)
		}
	} else {
		line("    provider: %s", a.Provider)
	}
	if a.Submission != "" {
		line("    submission: {address: %q, tls: %s}", a.Submission, a.SendTLS)
	}
	a.oauth2(line)
	if a.ByToken() {
		line("route: [{user: %q, login: device}]", "*@"+a.Domain)
	}
	return b.String()
}

func (a Answers) oauth2(line func(string, ...any)) {
	if file := a.ServiceAccountFile(); file != "" {
		line("    oauth2: {key_file: %q}", file)
	}
	if !a.Microsoft() {
		return
	}
	line("    oauth2:")
	line("      tenant: %q", a.Tenant)
	line("      client_id: %q", a.ClientID)
	switch {
	case a.Flow.NeedsOwner():
		line("      flow: %s", a.Flow)
	case a.Certificate != "":
		line("      client_certificate: %q", a.Certificate)
		line("      client_key: %q", a.Key)
	default:
		line("      client_secret_file: %q", a.SecretFile())
	}
}

// networks are where passwords are taken from without TLS: those that were named, and
// this machine, so that it can be tried here.
func (a Answers) networks() string {
	if len(a.Networks) == 0 {
		return ""
	}
	all := []string{`"127.0.0.0/8"`}
	for _, n := range a.Networks {
		all = append(all, strconv.Quote(n.String()))
	}
	return ", plaintext_networks: [" + strings.Join(all, ", ") + "]"
}
