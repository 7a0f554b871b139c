package configs

import (
	"slices"
	"strings"
)

// Provider is at whose servers an upstream is.
type Provider uint8

// The providers whose servers popbridge knows.
const (
	ProviderOther Provider = iota
	ProviderMicrosoft365
	ProviderGoogleWorkspace
	ProviderGmail
	ProviderYahoo
	ProviderICloud
	ProviderFastmail
	ProviderZoho
	ProviderQQ
	ProviderNetEase163
)

var providerWords = [...]string{"other", "microsoft365", "google_workspace", "gmail", "yahoo", "icloud", "fastmail", "zoho", "qq", "netease163"}

// String gives the operator's word.
func (p Provider) String() string { return providerWords[p] }

// UnmarshalText takes one of other, microsoft365, google_workspace, gmail, yahoo,
// icloud, fastmail, zoho, qq, netease163.
func (p *Provider) UnmarshalText(text []byte) error { return parseWord(p, text, providerWords[:]) }

// Endpoints and scopes of Microsoft 365
// (https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth).
const (
	microsoftLogin      = "https://login.microsoftonline.com/"
	microsoftScope      = "https://outlook.office365.com/.default"
	microsoftOwnerScope = "https://outlook.office.com/IMAP.AccessAsUser.All, offline_access"
	microsoftPOP3Scope  = "https://outlook.office.com/POP.AccessAsUser.All, offline_access"
	microsoftSendScope  = ", https://outlook.office.com/SMTP.Send"
)

// pop3Servers are where providers speak POP3, with TLS from the beginning. iCloud does
// not.
var pop3Servers = map[Provider]string{
	ProviderMicrosoft365: "outlook.office365.com:995", ProviderGoogleWorkspace: "pop.gmail.com:995", ProviderGmail: "pop.gmail.com:995",
	ProviderYahoo: "pop.mail.yahoo.com:995", ProviderFastmail: "pop.fastmail.com:995", ProviderZoho: "pop.zoho.com:995",
	ProviderQQ: "pop.qq.com:995", ProviderNetEase163: "pop.163.com:995",
}

// pop3Preset is preset for protocol = "pop3": another address, and another scope where
// an owner agrees.
func pop3Preset(p Provider, tenant string, flow Flow) map[string]string {
	values := preset(p, tenant, flow)
	if values == nil {
		return nil
	}
	delete(values, "address")
	if address, ok := pop3Servers[p]; ok {
		values["address"] = address
	}
	if values["oauth2.scopes"] == microsoftOwnerScope {
		values["oauth2.scopes"] = microsoftPOP3Scope
	}
	return values
}

// preset gives what an upstream at a provider has where the configuration says
// nothing else: values in text, by the key's name within the block. What the tokens of
// Microsoft are asked for depends on who agrees.
func preset(p Provider, tenant string, flow Flow) map[string]string {
	password := func(address string) map[string]string {
		return map[string]string{"address": address, "auth": "password"}
	}
	switch p {
	case ProviderMicrosoft365:
		values := map[string]string{"address": "outlook.office365.com:993", "auth": "oauth2", "oauth2.scopes": microsoftScope}
		if tenant != "" {
			base := microsoftLogin + tenant + "/oauth2/v2.0/"
			values["oauth2.token_url"], values["oauth2.device_url"], values["oauth2.auth_url"] = base+"token", base+"devicecode", base+"authorize"
		}
		if flow.NeedsOwner() {
			values["oauth2.scopes"] = microsoftOwnerScope
		}
		return values
	case ProviderGoogleWorkspace:
		return map[string]string{"address": "imap.gmail.com:993", "auth": "oauth2", "oauth2.flow": "jwt", "oauth2.scopes": "https://mail.google.com/"}
	case ProviderGmail:
		return password("imap.gmail.com:993")
	case ProviderYahoo:
		return password("imap.mail.yahoo.com:993")
	case ProviderICloud:
		return password("imap.mail.me.com:993")
	case ProviderFastmail:
		return password("imap.fastmail.com:993")
	case ProviderZoho:
		return password("imap.zoho.com:993")
	case ProviderQQ:
		return password("imap.qq.com:993")
	case ProviderNetEase163:
		return password("imap.163.com:993")
	}
	return nil
}

// sending adds to a preset what sending takes: the provider's submission server, and at
// Microsoft a scope that an owner agrees to. It is added only where a listener speaks
// smtp: consents that were given before stay good for those who only retrieve.
func sending(p Provider, tenant string, flow Flow, values map[string]string) {
	server := func(address string, how TLS) {
		values["submission.address"], values["submission.tls"] = address, how.String()
	}
	switch p {
	case ProviderMicrosoft365:
		server("smtp.office365.com:587", TLSStartTLS)
		if tenant == "consumers" {
			server("smtp-mail.outlook.com:587", TLSStartTLS)
		}
		if flow.NeedsOwner() {
			values["oauth2.scopes"] += microsoftSendScope
		}
	case ProviderGoogleWorkspace, ProviderGmail:
		server("smtp.gmail.com:465", TLSImplicit)
	case ProviderYahoo:
		server("smtp.mail.yahoo.com:465", TLSImplicit)
	case ProviderICloud:
		server("smtp.mail.me.com:587", TLSStartTLS)
	case ProviderFastmail:
		server("smtp.fastmail.com:465", TLSImplicit)
	case ProviderZoho:
		server("smtp.zoho.com:465", TLSImplicit)
	case ProviderQQ:
		server("smtp.qq.com:465", TLSImplicit)
	case ProviderNetEase163:
		server("smtp.163.com:465", TLSImplicit)
	}
}

// sends reports whether a listener speaks smtp.
func (r *reading) sends() bool {
	f, ok := r.root.get("listener")
	return ok && slices.ContainsFunc(f.node.fields, func(named field) bool {
		return r.textOf(top("listener").child(named.name).child("protocol")) == DeviceSMTP.String()
	})
}

// presets notes what providers set in the upstreams that are there. What is wrong in
// the keys that it reads is reported when they are decoded.
func (r *reading) presets() {
	f, ok := r.root.get("upstream")
	if !ok {
		return
	}
	for _, named := range f.node.fields {
		at := top("upstream").child(named.name)
		var provider Provider
		if provider.UnmarshalText([]byte(r.textOf(at.child("provider")))) != nil {
			continue
		}
		oauth := at.child("oauth2")
		var flow Flow
		_ = flow.UnmarshalText([]byte(r.textOf(oauth.child("flow")))) // without one the default stays
		of := preset
		if r.textOf(at.child("protocol")) == ProtocolPOP3.String() {
			of = pop3Preset
		}
		values := of(provider, r.textOf(oauth.child("tenant")), flow)
		if values != nil && r.sends() {
			sending(provider, r.textOf(oauth.child("tenant")), flow, values)
		}
		for name, value := range values {
			r.preset[at.dotted+"."+name] = presetValue{value, provider}
		}
	}
}

// presetValue is what a provider sets a key to.
type presetValue struct {
	text     string
	provider Provider
}

// textOf gives what is written for a key, in the environment or the file, where that
// is text.
func (r *reading) textOf(at place) string {
	text, _ := r.settings.Get(at.deep).(string)
	return text
}

// fallback gives what a key is where nobody has set it.
func (r *reading) fallback(at place, k key) string {
	if p, ok := r.preset[at.dotted]; ok {
		return p.text
	}
	return k.fallback
}

// placeholders are words that the documents leave for an operator to replace.
var placeholders = []string{"TENANT", "CLIENT", "OBJECT"}

// checkPlaceholders: a word of the documents that was left standing would be refused
// by a server, far from here and in its own words.
func (r *reading) checkPlaceholders(at string, o OAuth2) {
	for name, text := range map[string]string{"tenant": o.Tenant, "client_id": o.ClientID, "token_url": o.TokenURL, "device_url": o.DeviceURL, "auth_url": o.AuthURL} {
		key := at + "." + name
		if !r.given(key) || r.wrong[key] {
			continue
		}
		for part := range strings.SplitSeq(text, "/") {
			if slices.Contains(placeholders, part) {
				r.errorf(key, "still contains the word %s from the documents; replace it with your own", part)
				r.wrong[key] = true
			}
		}
	}
}
