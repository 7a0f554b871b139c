package configs

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Admin says where operators see and steer the service over HTTP.
type Admin struct {
	Address     string        `key:"address" unit:"host:port" sample:"127.0.0.1:9111" doc:"Where the page and the API are served, to whoever has a password or a token. Empty opens nothing."`
	Certificate string        `key:"certificate" unit:"file" sample:"/etc/popbridge/tls/fullchain.pem" doc:"The certificate chain in PEM. Without one it is plain HTTP: listen on this machine alone then, or behind a proxy that speaks TLS. It is read again when its file changes."`
	Key         string        `key:"key" unit:"file" sample:"/etc/popbridge/tls/privkey.pem" doc:"The private key of the certificate, in PEM."`
	Password    Secret        `key:"password" sample:"what only operators know" doc:"Opens the page, best kept in a file that password_file names. Without one there is no page."`
	Tokens      Secret        `key:"tokens" unit:"a line each: NAME read|write TOKEN" sample:"monitoring read what openssl rand -hex 32 prints" doc:"Open the API, best kept in a file that tokens_file names. NAME is what the audit trail calls whoever brings the token; read lets it look, write change too. '#' begins a comment. Without any there is no API."`
	Session     time.Duration `key:"session" default:"12h" min:"1m" unit:"duration" doc:"How long a login to the page lasts."`
	URL         string        `key:"url" unit:"http:// or https://" sample:"https://popbridge.example.org/" doc:"Where people reach the page, for links in messages. With https:// its cookies are for TLS alone, and where the address is this machine's, the last address of X-Forwarded-For is that of who asks."`
}

// Token lets a program use the API.
type Token struct {
	Name   string
	Write  bool // it may change things too
	Secret Secret
}

// Allowed reads the tokens.
func (a Admin) Allowed() ([]Token, error) {
	var tokens []Token
	for i, line := range strings.Split(a.Tokens.Reveal(), "\n") {
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		if len(fields) != 3 || fields[1] != "read" && fields[1] != "write" {
			return nil, fmt.Errorf("line %d is not NAME read|write TOKEN", i+1)
		}
		if slices.ContainsFunc(tokens, func(t Token) bool { return t.Name == fields[0] || t.Secret.Reveal() == fields[2] }) {
			return nil, fmt.Errorf("line %d repeats the name or the token of an earlier line", i+1)
		}
		tokens = append(tokens, Token{fields[0], fields[1] == "write", NewSecret(fields[2])})
	}
	return tokens, nil
}

// Secure reports whether people reach the page over TLS.
func (a Admin) Secure() bool { return a.Certificate != "" || strings.HasPrefix(a.URL, "https://") }

// weakSecret is what nobody should find by trying, in characters.
const weakSecret = 16

// checkAdmin looks at what opens everything.
func (r *reading) checkAdmin(c *Config) {
	const at = "admin.address"
	a := c.Admin
	if r.wrong[at] {
		return
	}
	if a.Address == "" {
		if !a.Password.Empty() || !a.Tokens.Empty() {
			r.warnf(at, "is empty, so there is neither a page nor an API; write for example \"127.0.0.1:9111\"")
		}
		return
	}
	host, port, err := hostPort(a.Address, true)
	if err != nil {
		r.errorf(at, "%q is not host:port; write for example \"127.0.0.1:9111\"", a.Address)
		return
	}
	r.checkAdminPort(c, bound{at, host, port})
	r.checkAdminSecrets(a)
	switch {
	case (a.Certificate == "") != (a.Key == ""):
		r.errorf("admin.certificate", "certificate and key belong together; where both are in one file, name it twice")
	case a.Certificate != "":
		r.checkKeyPair("admin.certificate", a.Certificate, "admin.key", a.Key)
	case !secluded(host):
		r.warnf(at, "%s lets passwords and tokens cross the network in the clear; set certificate and key, or listen on \"127.0.0.1:%d\" behind a proxy that speaks TLS", a.Address, port)
	}
	if u, err := url.Parse(a.URL); a.URL != "" && (err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "") {
		r.errorf("admin.url", "%q is not the address of a page; write for example \"https://popbridge.example.org/\"", a.URL)
	}
}

func (r *reading) checkAdminPort(c *Config, b bound) {
	others := map[string]string{"metrics": c.Metrics.Address}
	for name, l := range c.Listener {
		others["listener."+name] = l.Address
	}
	for _, block := range slices.Sorted(maps.Keys(others)) {
		if h, p, err := hostPort(others[block], true); err == nil && b.collides(bound{host: h, port: p}) {
			r.errorf(b.at, "%s conflicts with %s of %s; choose another port", c.Admin.Address, others[block], block)
			return
		}
	}
}

func (r *reading) checkAdminSecrets(a Admin) {
	password, tokens := r.givenAs("admin.password"), r.givenAs("admin.tokens")
	allowed, err := a.Allowed()
	switch {
	case err != nil:
		r.errorf(tokens, "%s", err)
		return
	case len(allowed) == 0 && !a.Tokens.Empty():
		r.errorf(tokens, "holds no token; write lines of NAME read|write TOKEN")
		return
	case !r.given(password) && !r.given(tokens):
		r.errorf("admin.address", "nobody can log in there; name a file with a password in password_file, or one with tokens in tokens_file")
		return
	}
	for _, t := range allowed {
		if len(t.Secret.Reveal()) < weakSecret {
			r.warnf(tokens, "the token of %s can be guessed; make one with openssl rand -hex 32", t.Name)
		}
	}
	if text := a.Password.Reveal(); text != "" && len(text) < weakSecret {
		r.warnf(password, "it is short, and gives access to every account; use %d characters or more", weakSecret)
	}
}
