package configs

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// checkAuth looks at what upstream.auth needs. What belongs to another way of
// logging in is a warning: it does nothing.
func (r *reading) checkAuth(at string, u Upstream, s State) {
	if r.wrong[at+".auth"] {
		return
	}
	if u.Protocol == ProtocolPOP3 && u.Auth == AuthSCRAM {
		r.errorf(at+".auth", "%s is for IMAP servers; an old POP3 server is logged in to with password, master or oauth2", u.Auth)
	}
	r.checkMaster(at, u)
	r.checkVerifyLogin(at+".verify_login", u)
	if u.Auth == AuthOAuth2 {
		r.checkOAuth2(at+".oauth2", u, s)
	} else if r.given(at+".oauth2.client_id") || r.given(at+".oauth2.key_file") {
		r.warnf(at+".oauth2", `is not used with auth = %s; write auth = "oauth2", or leave the block out`, u.Auth)
	}
}

func (r *reading) checkMaster(at string, u Upstream) {
	if u.Auth != AuthMaster {
		for _, key := range []string{at + ".master_user", r.givenAs(at + ".master_password")} {
			if r.given(key) {
				r.warnf(key, `is not used with auth = %s; write auth = "master", or leave it out`, u.Auth)
			}
		}
		return
	}
	if key := at + ".master_user"; u.MasterUser == "" && !r.wrong[key] {
		r.errorf(key, "is missing; auth = master logs in as this user, for every account")
	}
	if key := at + ".master_password"; u.MasterPassword.Empty() && !r.given(r.givenAs(key)) {
		r.errorf(key, "is missing; best kept in a file that master_password_file names")
	}
}

// checkVerifyLogin: what proves a login has to be another server, which is shown the
// password itself.
func (r *reading) checkVerifyLogin(at string, u Upstream) {
	if u.VerifyLogin == "" || r.wrong[at] {
		return
	}
	switch {
	case u.VerifyLogin == u.Name:
		r.errorf(at, "names this upstream itself; write the one that knows the passwords")
	case !slices.Contains(r.labels["upstream"], u.VerifyLogin):
		r.errorf(at, "there is no upstream %q; there is %s", u.VerifyLogin, strings.Join(r.labels["upstream"], ", "))
	case u.Auth != AuthMaster:
		r.warnf(at, `is not used with auth = %s; write auth = "master", or leave it out`, u.Auth)
	}
}

func (r *reading) checkOAuth2(at string, u Upstream, s State) {
	o := u.OAuth2
	if r.wrong[at] || r.wrong[at+".flow"] {
		return
	}
	r.checkCAFile(at+".ca_file", o.CAFile)
	need := func(name, value, why string) {
		if key := at + "." + name; value == "" && !r.wrong[key] {
			r.errorf(key, "is missing; flow = %s needs %s", o.Flow, why)
		}
	}
	r.checkPlaceholders(at, o)
	if o.Tenant != "" && u.Provider != ProviderMicrosoft365 {
		r.warnf(at+".tenant", `is not used without provider = "microsoft365"; leave it out`)
	}
	if key := at + ".tenant"; o.Tenant == "" && o.TokenURL == "" && u.Provider == ProviderMicrosoft365 && !r.wrong[key] {
		r.errorf(key, "is missing; write your directory's id or domain, or consumers for outlook.com")
		r.wrong[at+".token_url"], r.wrong[at+".device_url"], r.wrong[at+".auth_url"] = true, true, true
	}
	if o.Flow == FlowJWT {
		r.checkKeyFile(at, o)
	} else {
		need("token_url", o.TokenURL, "the token endpoint, such as \"https://login.example.org/oauth2/token\"")
		need("client_id", o.ClientID, "the name that the authorization server knows popbridge by")
	}
	r.checkEndpoint(at+".token_url", o.TokenURL)
	switch o.Flow {
	case FlowClientCredentials:
		if key := at + ".client_secret"; o.ClientSecret.Empty() && !r.given(r.givenAs(key)) && !o.Asserts() {
			r.errorf(key, "is missing; flow = client_credentials needs it, best kept in a file that client_secret_file names, or client_certificate with client_key, or client_assertion_file")
		}
	case FlowCode:
		need("auth_url", o.AuthURL, "the authorization endpoint, such as \"https://login.example.org/oauth2/authorize\"")
		r.checkEndpoint(at+".auth_url", o.AuthURL)
		r.checkTokenStore(at+".flow", o.Flow, s)
	case FlowDevice:
		need("device_url", o.DeviceURL, "the device authorization endpoint, such as \"https://login.example.org/oauth2/device\"")
		r.checkEndpoint(at+".device_url", o.DeviceURL)
		r.checkTokenStore(at+".flow", o.Flow, s)
	}
	r.checkAssertion(at, o)
}

// checkAssertion: popbridge proves itself in one way.
func (r *reading) checkAssertion(at string, o OAuth2) {
	certificate, key, file := at+".client_certificate", at+".client_key", at+".client_assertion_file"
	switch {
	case o.ClientCertificate != "" && o.ClientKey == "":
		r.errorf(key, "is missing; it is the private key of client_certificate")
	case o.ClientKey != "" && o.ClientCertificate == "":
		r.errorf(certificate, "is missing; it is the certificate of client_key")
	case o.Asserts() && !o.ClientSecret.Empty():
		r.errorf(r.givenAs(at+".client_secret"), "is given together with a certificate or an assertion; keep one of them")
	case o.ClientCertificate != "" && o.ClientAssertionFile != "":
		r.errorf(file, "is given together with client_certificate; keep one of them")
	case o.ClientCertificate != "":
		if _, err := o.Certificate(); err != nil {
			r.errorf(certificate, "%s", err)
			return
		}
		r.keptPrivate(key, o.ClientKey)
	case o.ClientAssertionFile != "":
		if _, err := o.Assertion(); err != nil {
			r.errorf(file, "%s", err)
		}
	}
}

// checkTokenStore: a refresh token is worth a password, and is kept for months.
func (r *reading) checkTokenStore(at string, f Flow, s State) {
	switch {
	case r.wrong["state.driver"]:
	case s.Driver == DriverMemory:
		r.errorf(at, "%s keeps its tokens in the ledger, and state.driver = memory forgets them; write sqlite or postgres", f)
	case s.SecretsKey.Empty() && !r.given(r.givenAs("state.secrets_key")):
		r.errorf(at, `%s keeps its tokens in the ledger, encrypted with state.secrets_key, which is missing; make one with "popbridge secrets key", best kept in a file that secrets_key_file names`, f)
	}
}

func (r *reading) checkKeyFile(at string, o OAuth2) {
	key := at + ".key_file"
	if r.wrong[key] {
		return
	}
	if o.KeyFile == "" {
		r.errorf(key, "is missing; flow = jwt needs the key of a service account")
		return
	}
	account, err := o.ServiceAccount()
	if err != nil {
		r.errorf(key, "%s", err)
		return
	}
	r.keptPrivate(key, o.KeyFile)
	r.checkEndpoint(key, account.TokenURL)
}

// checkEndpoint: what is sent there is a password, so it goes over TLS, but on
// this machine.
func (r *reading) checkEndpoint(at, text string) {
	if text == "" || r.wrong[at] {
		return
	}
	if err := endpoint(text); err != nil {
		r.errorf(at, "%s", err)
	}
}

func endpoint(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return fmt.Errorf("%q is not an address; write for example \"https://login.example.org/oauth2/token\"", text)
	case u.User != nil:
		return fmt.Errorf("the address contains a user name; write the client's name in client_id, its password in client_secret")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return fmt.Errorf("%q is without TLS, so secrets would be sent in the clear; write https", text)
	}
	return nil
}
