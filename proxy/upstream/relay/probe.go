package relay

import (
	"context"
	"fmt"
	"strings"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/upstream"
	"popbridge/translate"
)

// Probe connects to the submission server of an upstream as a login would, without a
// password: address, TLS, certificate, greeting, and what it announces.
func Probe(ctx context.Context, u configs.Upstream) []upstream.Finding {
	u = u.ForSubmission()
	d, state := upstream.Watched(u)
	c, err := dial(ctx, d, u, nil)
	if err != nil {
		return []upstream.Finding{{Err: translate.Cause(err)}}
	}
	defer func() { _ = c.Quit(); _ = c.Close() }()
	var has []string
	for _, name := range []string{"8BITMIME", "DSN", "PIPELINING", "SIZE", "SMTPUTF8"} {
		if ok, text := c.Extension(name); ok {
			has = append(has, strings.TrimSpace(name+" "+text))
		}
	}
	offered, mechanisms := c.Extension("AUTH")
	findings := []upstream.Finding{{Text: upstream.DescribeTLS(*state) + ", announces " + strings.Join(append(has, "AUTH "+mechanisms), ", ")}}
	if !offered {
		return append(findings, upstream.Finding{Err: fmt.Errorf("it takes no login on this connection (no AUTH)%s", adviseTLS(u))})
	}
	wanted := map[configs.Auth][]string{
		configs.AuthPassword: {"PLAIN", "LOGIN"}, configs.AuthSCRAM: {"SCRAM-SHA-256"}, configs.AuthMaster: {"PLAIN"}, configs.AuthOAuth2: {"XOAUTH2", "OAUTHBEARER"},
	}[u.Auth]
	for _, m := range wanted {
		if c.SupportsAuth(m) {
			return findings
		}
	}
	return append(findings, upstream.Finding{Err: fmt.Errorf("it does not announce AUTH %s, which auth = %q needs", strings.Join(wanted, " or "), u.Auth)})
}

// ProbeAccount logs in as an account.
func (p *Pool) ProbeAccount(ctx context.Context, req backend.Request) []upstream.Finding {
	ctx, cancel := context.WithTimeout(ctx, 2*req.Upstream.Timeout)
	defer cancel()
	c, err := p.Open(ctx, req)
	if err != nil {
		return []upstream.Finding{{Err: translate.Cause(err)}}
	}
	_ = c.Close()
	return []upstream.Finding{{Text: fmt.Sprintf("account %s: logged in", req.Account)}}
}

// adviseTLS says what may bring a login about.
func adviseTLS(u configs.Upstream) string {
	if u.TLS == configs.TLSNone {
		return `; write tls = "starttls" or "implicit"`
	}
	return ""
}
