package page

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"popbridge/proxy/admin/gate"
	"popbridge/proxy/backend"
)

// maxForm bounds what a form may bring, in octets.
const maxForm = 64 << 10

// whose gives who asks; nil for nobody who is logged in.
func (p *Page) whose(r *http.Request) (one *person, secret string) {
	c, err := r.Cookie(cookieName(p.gate.Config().Secure()))
	if err != nil {
		return nil, ""
	}
	return p.people.find(c.Value, p.gate.Mark()), c.Value
}

// Refusals of what does not come from this page.
var (
	errForeign = errors.New("the request comes from another site")
	errForged  = errors.New("the form is not of this login")
	errNobody  = errors.New("nobody is logged in")
)

// foreign reports whether a browser says that another site has sent the request. A
// program that says nothing of where it comes from has to have the form's token.
func (p *Page) foreign(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		site := r.Header.Get("Sec-Fetch-Site")
		return r.Method != http.MethodGet && site != "" && site != "same-origin" && site != "none"
	}
	from, err := url.Parse(origin)
	if err != nil || from.Host == "" {
		return true
	}
	known, err := url.Parse(p.gate.Config().URL)
	return from.Host != r.Host && (err != nil || !strings.EqualFold(from.Host, known.Host))
}

// turnAway answers what is refused, and tells of it.
func (p *Page) turnAway(w http.ResponseWriter, r *http.Request, e backend.Event, why error) {
	p.gate.Refuse(p.gate.Person(r), e, why)
	p.sorry(w, http.StatusForbidden, "This was refused", why.Error()+"; open the page anew and try again from there")
}

// loginView is the form that asks for the password.
type loginView struct {
	Then    string // where to go on
	Problem string
}

func (p *Page) askPassword(w http.ResponseWriter, r *http.Request) {
	if one, _ := p.whose(r); one != nil {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	p.write(w, http.StatusOK, "login", view{Title: "Log in", Data: loginView{Then: r.URL.Query().Get("then")}})
}

func (p *Page) login(w http.ResponseWriter, r *http.Request) {
	if p.foreign(r) {
		p.turnAway(w, r, backend.Event{Act: "login"}, errForeign)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	password, then := r.PostFormValue("password"), r.PostFormValue("then")
	_, err := p.gate.Password(r, password)
	if err != nil {
		status, text := http.StatusForbidden, "That is not the password."
		switch {
		case errors.Is(err, gate.ErrSpent):
			status, text = http.StatusTooManyRequests, "Too many attempts from your address have failed. Try again later."
		case !errors.Is(err, gate.ErrWrong):
			status, text = http.StatusServiceUnavailable, err.Error()
		}
		p.write(w, status, "login", view{Title: "Log in", Data: loginView{Then: then, Problem: text}})
		return
	}
	a := p.gate.Config()
	secret, ends := p.people.admit(a.Session, p.gate.Mark())
	http.SetCookie(w, cookie(secret, ends, a.Secure()))
	http.Redirect(w, r, p.inside(then), http.StatusSeeOther)
}

// inside is an address only where it is one of this page's.
func (p *Page) inside(then string) string {
	at, err := url.Parse(then)
	if err != nil || at.Host != "" || at.Scheme != "" {
		return "/"
	}
	for _, s := range screens() {
		if at.Path == strings.TrimSuffix(s.path, "{$}") {
			return (&url.URL{Path: at.Path, RawQuery: at.RawQuery}).String()
		}
	}
	return "/"
}

func (p *Page) logout(w http.ResponseWriter, r *http.Request) {
	one, secret := p.whose(r)
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	switch {
	case p.foreign(r):
		p.turnAway(w, r, backend.Event{Act: "logout"}, errForeign)
		return
	case one != nil && !one.owns(r.PostFormValue("token")):
		p.turnAway(w, r, backend.Event{Act: "logout"}, errForged)
		return
	case one != nil:
		p.people.leave(secret)
	}
	http.SetCookie(w, cookie("", time.Time{}, p.gate.Config().Secure()))
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}
