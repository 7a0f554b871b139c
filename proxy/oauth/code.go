package oauth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

// byCode has the owner sign in with a browser, which comes back with a code (RFC 6749
// §4.1). Only who has asked can use the code (PKCE, RFC 7636), and only an answer to
// this very question is taken (state). Where the browser is on another machine it
// comes back to nobody, and its address is pasted.
func (g *grant) byCode(ctx context.Context, owner Owner) (*oauth2.Token, error) {
	q := &question{g: g, state: rand.Text()}
	back, err := listenForBrowser(q.answer)
	if err != nil {
		return nil, err
	}
	defer back.close()
	c := config(g.upstream.OAuth2)
	c.RedirectURL = back.address
	verifier := oauth2.GenerateVerifier()
	expires := time.Now().Add(patience)
	address := c.AuthCodeURL(q.state, oauth2.S256ChallengeOption(verifier), oauth2.SetAuthURLParam("login_hint", g.account))
	if err := owner.Ask(Prompt{Address: address, Expires: expires}); err != nil {
		return nil, err
	}
	code, err := q.wait(ctx, expires, back, owner)
	if err != nil {
		return nil, err
	}
	g.tokens = append(g.tokens, code, verifier)
	return c.Exchange(ctx, code, oauth2.VerifierOption(verifier))
}

// question is one that an owner answers in a browser.
type question struct {
	g     *grant
	state string
}

// wait gives the code of the first answer, however it comes.
func (q *question) wait(ctx context.Context, expires time.Time, back *browser, owner Owner) (string, error) {
	late := time.NewTimer(time.Until(expires))
	defer late.Stop()
	for {
		select {
		case a := <-back.answers:
			return a.code, a.err
		case text := <-owner.Pasted:
			if strings.TrimSpace(text) == "" {
				continue
			}
			code, err := q.pasted(text)
			if !errors.As(err, new(strayError)) {
				return code, err
			}
			owner.Mistaken(err)
		case <-late.C:
			return "", errNobody
		case <-ctx.Done():
			return "", context.Cause(ctx)
		}
	}
}

// pasted reads an address that was copied out of a browser.
func (q *question) pasted(text string) (code string, err error) {
	address, err := url.Parse(strings.Trim(strings.TrimSpace(text), `"'<>`))
	if err != nil || address.Host == "" {
		return "", strayError("this is no address: copy all of what the browser shows after signing in, from http:// to its end")
	}
	return q.answer(address.Query())
}

// strayError is of an answer that is not to our question: another may follow.
type strayError string

func (e strayError) Error() string { return string(e) }

// answer gives the code that a browser came back with (RFC 6749 §4.1.2).
func (q *question) answer(said url.Values) (code string, err error) {
	switch state := said.Get("state"); {
	case state == "":
		return "", strayError("this address holds no state, so it is not where the browser ends after signing in, or not all of it")
	case subtle.ConstantTimeCompare([]byte(state), []byte(q.state)) != 1:
		return "", strayError("this address answers another question (its state is not the one that was sent): open the address that this command has printed, and no older one")
	case said.Get("error") != "":
		return "", fmt.Errorf("the authorization server refuses: %.100q%s", said.Get("error"), q.g.quote(said.Get("error_description")))
	case said.Get("code") == "":
		return "", strayError("this address holds no code")
	}
	return said.Get("code"), nil
}
