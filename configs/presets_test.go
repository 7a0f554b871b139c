package configs

import (
	"strings"
	"testing"
)

func upstreamOf(t *testing.T, keys string) (Upstream, string) {
	t.Helper()
	const around = "listener: {pop3: {address: '127.0.0.1:0', plaintext_auth: true}}\nstate: {secrets_key: " + "'%'}\nroute: [{upstream: mail, login: device}]\nupstream:\n  mail:\n"
	text := strings.Replace(around, "%", strings.Repeat("k", 43)+"=", 1) + keys
	config, problems := Parse("p.yaml", []byte(text))
	if config == nil {
		return Upstream{}, problems.Errors().String()
	}
	return config.Upstream["mail"], problems.String()
}

// TestProviders: what a provider sets, and that what is written goes before it.
func TestProviders(t *testing.T) {
	key := "    oauth2:\n      client_id: 11111111-2222-3333-4444-555555555555\n      client_secret: s\n"
	for _, c := range []struct {
		name, keys string
		want       map[string]string
	}{
		{"microsoft365", "    provider: microsoft365\n" + key + "      tenant: example.org\n", map[string]string{
			"address": "outlook.office365.com:993", "auth": "oauth2", "flow": "client_credentials", "scopes": "https://outlook.office365.com/.default",
			"token_url": "https://login.microsoftonline.com/example.org/oauth2/v2.0/token",
		}},
		{"microsoft365, the owner agrees", "    provider: microsoft365\n" + key + "      tenant: consumers\n      flow: code\n", map[string]string{
			"scopes":   "https://outlook.office.com/IMAP.AccessAsUser.All offline_access",
			"auth_url": "https://login.microsoftonline.com/consumers/oauth2/v2.0/authorize", "device_url": "https://login.microsoftonline.com/consumers/oauth2/v2.0/devicecode",
		}},
		{"explicit keys win", "    provider: microsoft365\n    address: imap.example.org:993\n" + key + "      tenant: example.org\n      token_url: https://login.example.org/t\n", map[string]string{
			"address": "imap.example.org:993", "token_url": "https://login.example.org/t", "auth": "oauth2",
		}},
		{"gmail", "    provider: gmail\n    auth: master\n    master_user: u\n    master_password: p\n", map[string]string{"address": "imap.gmail.com:993", "auth": "master"}},
		{"microsoft365 by POP3", "    provider: microsoft365\n    protocol: pop3\n" + key + "      tenant: example.org\n", map[string]string{
			"address": "outlook.office365.com:995", "auth": "oauth2", "scopes": "https://outlook.office365.com/.default",
			"token_url": "https://login.microsoftonline.com/example.org/oauth2/v2.0/token",
		}},
		{"microsoft365 by POP3, the owner agrees", "    provider: microsoft365\n    protocol: pop3\n" + key + "      tenant: consumers\n      flow: device\n", map[string]string{
			"address": "outlook.office365.com:995", "scopes": "https://outlook.office.com/POP.AccessAsUser.All offline_access",
		}},
		{"gmail by POP3", "    provider: gmail\n    protocol: pop3\n    auth: master\n    master_user: u\n    master_password: p\n", map[string]string{"address": "pop.gmail.com:995", "auth": "master"}},
		{"POP3, explicit keys win", "    provider: gmail\n    protocol: pop3\n    address: pop.example.org:995\n    auth: master\n    master_user: u\n    master_password: p\n", map[string]string{"address": "pop.example.org:995"}},
		{"none", "    address: imap.example.org:993\n    auth: master\n    master_user: u\n    master_password: p\n", map[string]string{"address": "imap.example.org:993", "scopes": ""}},
	} {
		u, problems := upstreamOf(t, c.keys)
		got := map[string]string{
			"address": u.Address, "auth": u.Auth.String(), "flow": u.OAuth2.Flow.String(), "scopes": strings.Join(u.OAuth2.Scopes, " "),
			"token_url": u.OAuth2.TokenURL, "device_url": u.OAuth2.DeviceURL, "auth_url": u.OAuth2.AuthURL,
		}
		for name, want := range c.want {
			if got[name] != want {
				t.Errorf("%s: %s is %q, want %q; problems: %s", c.name, name, got[name], want, problems)
			}
		}
	}
}

// TestEveryProvider: each name sets a server and a way to log in there.
func TestEveryProvider(t *testing.T) {
	for i, word := range providerWords {
		if values := preset(Provider(i), "example.org", FlowClientCredentials); Provider(i) != ProviderOther && (values["address"] == "" || values["auth"] == "") {
			t.Errorf("%s sets %v", word, values)
		}
		if values := pop3Preset(Provider(i), "example.org", FlowClientCredentials); Provider(i) != ProviderOther && Provider(i) != ProviderICloud && (!strings.HasSuffix(values["address"], ":995") || values["auth"] == "") {
			t.Errorf("%s by POP3 sets %v", word, values)
		}
	}
}

// TestWhatAProviderNeeds: what is missing or left standing is named.
func TestWhatAProviderNeeds(t *testing.T) {
	for keys, want := range map[string]string{
		"    provider: microsoft365\n    oauth2: {client_id: c, client_secret: s}\n":                                                                  "upstream.mail.oauth2.tenant: is missing; write your directory's id or domain, or consumers for outlook.com",
		"    provider: microsoft365\n    oauth2: {client_id: CLIENT, tenant: TENANT, client_secret: s}\n":                                             "oauth2.client_id: still contains the word CLIENT from the documents",
		"    address: 'a.example:993'\n    auth: oauth2\n    oauth2: {client_id: c, token_url: 'https://l.example/TENANT/t', client_secret: s}\n":     "oauth2.token_url: still contains the word TENANT from the documents",
		"    provider: icloud\n    protocol: pop3\n":                                                                                                  "upstream.mail.protocol: icloud has no POP3 server; leave it out, so that IMAP is spoken",
		"    provider: microsoft356\n    address: 'a.example:993'\n":                                                                                  `"microsoft356" is not known; one of other, microsoft365`,
		"    provider: microsoft365\n    oauth2: {client_id: c, tenant: t, client_certificate: no.pem}\n":                                             "oauth2.client_key: is missing; it is the private key of client_certificate",
		"    provider: microsoft365\n    oauth2: {client_id: c, tenant: t, client_certificate: no.pem, client_key: no.key}\n":                         "oauth2.client_certificate: no.pem cannot be read",
		"    provider: microsoft365\n    oauth2: {client_id: c, tenant: t, client_secret: s, client_assertion_file: a}\n":                             "oauth2.client_secret: is given together with a certificate or an assertion; keep one of them",
		"    provider: microsoft365\n    oauth2: {client_id: c, tenant: t, client_assertion_file: none}\n":                                            "oauth2.client_assertion_file: none cannot be read",
		"    provider: microsoft365\n    oauth2: {client_id: c, tenant: t}\n":                                                                         "oauth2.client_secret: is missing; flow = client_credentials needs it, best kept in a file that client_secret_file names, or client_certificate",
		"    address: 'a.example:993'\n    auth: oauth2\n    oauth2: {client_id: c, token_url: 'https://l.example/t', flow: code}\n":                  "oauth2.auth_url: is missing; flow = code needs the authorization endpoint",
		"    address: 'a.example:993'\n    auth: oauth2\n    oauth2: {client_id: c, tenant: t, token_url: 'https://l.example/t', client_secret: s}\n": "oauth2.tenant: is not used without provider",
	} {
		if _, problems := upstreamOf(t, keys); !strings.Contains(problems, want) {
			t.Errorf("%s\ngot  %s\nwant %s", keys, problems, want)
		}
	}
}
