package authserver

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// authRequest is a question to an owner in a browser. It is told from what it stands
// for, which an agreement has.
type authRequest struct {
	agreement
	id, code string
	asked    *oidc.AuthRequest
}

func (r *authRequest) GetID() string  { return r.id }
func (r *authRequest) GetACR() string { return "" }
func (r *authRequest) GetCodeChallenge() *oidc.CodeChallenge {
	return &oidc.CodeChallenge{Challenge: r.asked.CodeChallenge, Method: r.asked.CodeChallengeMethod}
}
func (r *authRequest) GetNonce() string                   { return r.asked.Nonce }
func (r *authRequest) GetRedirectURI() string             { return r.asked.RedirectURI }
func (r *authRequest) GetResponseType() oidc.ResponseType { return r.asked.ResponseType }
func (r *authRequest) GetResponseMode() oidc.ResponseMode { return r.asked.ResponseMode }
func (r *authRequest) GetState() string                   { return r.asked.State }
func (r *authRequest) Done() bool                         { return r.user != "" }

func (a *Server) CreateAuthRequest(_ context.Context, asked *oidc.AuthRequest, _ string) (op.AuthRequest, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	r := &authRequest{agreement: agreement{scopes: asked.Scopes}, id: "request-" + asked.State, asked: asked}
	a.requests = append(a.requests, r)
	return r, nil
}

// request finds one.
func (a *Server) request(is func(*authRequest) bool) (op.AuthRequest, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, r := range a.requests {
		if is(r) {
			return r, nil
		}
	}
	return nil, errNone
}

func (a *Server) AuthRequestByID(_ context.Context, id string) (op.AuthRequest, error) {
	return a.request(func(r *authRequest) bool { return r.id == id })
}

func (a *Server) AuthRequestByCode(_ context.Context, code string) (op.AuthRequest, error) {
	return a.request(func(r *authRequest) bool { return r.code == code })
}

func (a *Server) SaveAuthCode(_ context.Context, id, code string) error {
	_, err := a.request(func(r *authRequest) bool {
		if r.id == id {
			r.code = code
		}
		return r.id == id
	})
	return err
}

// DeleteAuthRequest has a code be good for one use.
func (a *Server) DeleteAuthRequest(_ context.Context, id string) error {
	_, err := a.request(func(r *authRequest) bool {
		if r.id == id {
			r.id, r.code = "", "used"
			return true
		}
		return false
	})
	return err
}

// SignIn is the owner's browser: it opens the address, signs in as a user, and gives
// the address that it is sent back to.
func (a *Server) SignIn(address, user string) (back string) {
	a.t.Helper()
	login := a.sentTo(address)
	r, err := a.request(func(r *authRequest) bool { return login == "/sign-in?id="+url.QueryEscape(r.id) })
	if err != nil {
		a.t.Fatalf("the browser is sent to %q", login)
	}
	a.mu.Lock()
	r.(*authRequest).user = user
	a.mu.Unlock()
	return a.sentTo(a.URL + "/authorize/callback?id=" + url.QueryEscape(r.GetID()))
}

// sentTo gives where an address sends a browser.
func (a *Server) sentTo(address string) string {
	a.t.Helper()
	browser := &http.Client{Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := browser.Get(address)
	if err != nil {
		a.t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode/100 != 3 {
		a.t.Fatalf("%s answers %s", address, answer.Status)
	}
	return answer.Header.Get("Location")
}

func (client) LoginURL(id string) string { return "/sign-in?id=" + url.QueryEscape(id) }
func (client) RedirectURIs() []string {
	return []string{"http://localhost", "http://127.0.0.1/authorized"}
}
func (client) ResponseTypes() []oidc.ResponseType {
	return []oidc.ResponseType{oidc.ResponseTypeCode}
}
func (client) DevMode() bool { return false }

// Prove has everybody who asks for a token from now on prove who they are by an
// assertion that is good, and by nothing else.
func (a *Server) Prove(good func(assertion string) bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.good = good
}

// proving lets in who proves it. Behind it the assertion stands for the secret.
func (a *Server) proving(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		good := a.good
		a.mu.Unlock()
		if r.Method == http.MethodPost && r.PostFormValue("grant_type") == string(oidc.GrantTypeBearer) {
			a.bearer(w, r.PostFormValue("assertion"))
			return
		}
		if r.Method == http.MethodPost && good != nil {
			assertion := r.PostFormValue("client_assertion")
			if r.Form.Get("client_assertion_type") != oidc.ClientAssertionTypeJWTAssertion || r.Form.Has("client_secret") || !good(assertion) {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(http.StatusUnauthorized)
				_, _ = w.Write([]byte(`{"error": "invalid_client"}`))
				return
			}
			r.Form.Del("client_assertion")
			r.Form.Del("client_assertion_type")
			r.Form.Set("client_secret", ClientSecret)
		}
		next.ServeHTTP(w, r)
	})
}
