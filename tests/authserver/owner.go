package authserver

import (
	"net/http"
	"regexp"
)

var (
	prompt  = regexp.MustCompile(`(?s)open\n\n  (http\S+)\n\n.*enter the code\n\n  (\S+)\n`)
	address = regexp.MustCompile(`open\n\n  (http\S+)\n`)
)

// Shown is the address that popbridge shows to an owner.
func (a *Server) Shown(said string) string {
	a.t.Helper()
	m := address.FindStringSubmatch(said)
	if m == nil {
		a.t.Fatalf("the owner is shown %q", said)
	}
	return m[1]
}

// Enter is the owner who opens the address that popbridge shows, signs in as a user and
// types the code.
func (a *Server) Enter(said, user string) {
	a.t.Helper()
	m := prompt.FindStringSubmatch(said)
	if m == nil || m[1] != a.URL+"/agree" {
		a.t.Fatalf("the owner is shown %q", said)
	}
	a.agree(m[2], user)
}

// Browse is the owner who opens the address that popbridge shows in a browser on this
// machine and signs in as a user.
func (a *Server) Browse(said, user string) {
	a.t.Helper()
	browser := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := browser.Get(a.SignIn(a.Shown(said), user))
	if err != nil {
		a.t.Fatal(err)
	}
	_ = answer.Body.Close()
}

// EnterAt is Enter for an owner who is shown an address and a code by other means.
func (a *Server) EnterAt(at, code, user string) {
	a.t.Helper()
	if at != a.URL+"/agree" {
		a.t.Fatalf("the owner is sent to %q", at)
	}
	a.agree(code, user)
}
