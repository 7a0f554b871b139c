package oauth

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"popbridge/configs"
	"popbridge/translate"
)

// refusedFor is how long a refresh token that was refused is not shown again, and
// how often the log says that somebody has to do something.
const refusedFor = time.Minute

// refusedGrant is a refusal that is remembered; the account may be authorized anew
// meanwhile, so it holds for one refresh token only.
type refusedGrant struct {
	refresh string
	at      time.Time
	err     error
	said    time.Time // in the log
}

// refusedBefore gives the refusal of this refresh token, if it is not long ago.
func (s *Source) refusedBefore(key, refresh string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r, ok := s.refused[key]; ok && r.refresh == refresh && time.Since(r.at) < refusedFor {
		return r.err
	}
	return nil
}

func (s *Source) refuseAgain(key, refresh string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.refused) >= maxHeld {
		clear(s.refused)
	}
	r := s.refused[key]
	r.refresh, r.at, r.err = refresh, time.Now(), err
	s.refused[key] = r
}

// sayAgain reports whether the log has not heard of this for a while.
func (s *Source) sayAgain(key string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, now := s.refused[key], time.Now()
	if !r.said.IsZero() && now.Sub(r.said) < refusedFor {
		return false
	}
	if r.said = now; len(s.refused) >= maxHeld {
		clear(s.refused)
	}
	s.refused[key] = r
	return true
}

// refuse makes a Refusal of an error: [SYS/PERM] where somebody has to do
// something, else [SYS/TEMP]. It is never [AUTH]: the device has shown who it is
// before a token is asked for, and no password that it could be given would help.
func (g *grant) refuse(err error) error {
	var said *oauth2.RetrieveError
	var setup *setupError
	switch {
	case errors.Is(err, errNotAuthorized), g.upstream.OAuth2.Flow.NeedsOwner() && isRefusedGrant(err):
		return g.unauthorized(g.explain(err))
	case errors.As(err, &setup):
		return translate.Permanent(fmt.Errorf("%s: %w", g.client(), g.explain(err)))
	case isRefusedGrant(err):
		// Google says so of a user that the domain does not have, and of a service
		// account that may not act for its users.
		return translate.Permanent(fmt.Errorf("%s may not open the account: %w", g.client(), g.explain(err)))
	case errors.As(err, &said) && mistaken(said.Response.StatusCode):
		return translate.Permanent(fmt.Errorf("%s is refused: %w", g.client(), g.explain(err)))
	}
	return translate.Temporary(g.explain(err))
}

// client names what popbridge shows of itself to get tokens.
func (g *grant) client() string {
	o := g.upstream.OAuth2
	if o.Flow == configs.FlowJWT {
		return fmt.Sprintf("the service account (oauth2.key_file = %q)", o.KeyFile)
	}
	proof := "client_secret"
	switch {
	case o.ClientCertificate != "":
		proof = "client_certificate"
	case o.ClientAssertionFile != "":
		proof = "client_assertion_file"
	}
	return fmt.Sprintf("client %q (oauth2.client_id, %s)", o.ClientID, proof)
}

// unauthorized tells an operator what to do, once in a while; a line for each
// session would bury it.
func (g *grant) unauthorized(err error) error {
	if g.s.sayAgain(g.key) {
		g.s.log.Error("the account must be authorized (again): its owner, or somebody who can sign in as it, has to agree",
			"account", g.account, "upstream", g.upstream.Name, "run", authorizeCommand(g.account), "cause", err)
		g.s.tell(Trouble{Upstream: g.upstream.Name, Account: g.account, Cause: err.Error()})
	}
	r := translate.Permanent(fmt.Errorf("%w; run %q", err, authorizeCommand(g.account)))
	r.Reported = true
	return r
}

// mistaken reports whether a status is a refusal that the same question would meet
// again.
func mistaken(status int) bool {
	return status >= 400 && status < 500 && status != http.StatusRequestTimeout && status != http.StatusTooManyRequests
}

// maxSaid bounds what is shown of a server's words, in octets.
const maxSaid = 300

// explain makes an error that is fit for the log: a server may repeat what it was
// sent, and the library quotes what it cannot read.
func (g *grant) explain(err error) error {
	var said *oauth2.RetrieveError
	var setup *setupError
	switch {
	case errors.As(err, &setup):
		return setup // without the library's words, which speak of a request
	case !errors.As(err, &said):
		return err
	}
	text := fmt.Sprintf("the token endpoint answers %d", said.Response.StatusCode)
	if code := codeOf(said); code != "" {
		text += fmt.Sprintf(", %.100q", code)
	}
	return errors.New(text + g.quote(said.ErrorDescription))
}

// quote shows a server's words, and behind them what can be done about it.
func (g *grant) quote(words string) (text string) {
	if words != "" {
		text = fmt.Sprintf(": %.*q", maxSaid, g.redact(words))
	}
	if can := advice(words, g.upstream.OAuth2.Flow); can != "" {
		text += " (" + can + ")"
	}
	return text
}

// redact takes out of a server's words what only we and it may know: our own
// secret, and whatever is as long as a token.
func (g *grant) redact(words string) string {
	for _, secret := range append(g.tokens, g.upstream.OAuth2.ClientSecret.Reveal()) {
		if secret != "" {
			words = strings.ReplaceAll(words, secret, "<redacted>")
		}
	}
	fields := strings.Fields(words)
	for i, field := range fields {
		if len(field) > 40 {
			fields[i] = "<redacted>"
		}
	}
	return strings.Join(fields, " ")
}

// codeOf is the error code of RFC 6749 §5.2; the library leaves it to us where a
// service account asked.
func codeOf(said *oauth2.RetrieveError) string {
	if said.ErrorCode != "" {
		return said.ErrorCode
	}
	var body struct {
		Code string `json:"error"`
	}
	if json.Unmarshal(said.Body, &body) != nil {
		return ""
	}
	return body.Code
}
