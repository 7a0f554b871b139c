package page

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"popbridge/proxy/admin/desk"
	"popbridge/proxy/backend"
)

// screen is one thing to look at.
type screen struct {
	path     string
	template string // its template
	title    string // in the list of screens, too
	load     func(*visit) (any, error)
	named    func(data any) string // a title of what is shown; nil: the screen's
}

// screens are all there are.
func screens() []screen {
	return []screen{
		{path: "/{$}", template: "overview", title: "Overview", load: loadOverview},
		{path: "/trouble", template: "trouble", title: "Trouble", load: loadTrouble},
		{path: "/sessions", template: "sessions", title: "Sessions", load: loadSessions},
		{path: "/accounts", template: "accounts", title: "Accounts", load: loadAccounts},
		{path: "/account", template: "account", title: "Accounts", load: loadAccount, named: titleOfAccount},
		{path: "/deletions", template: "deletions", title: "Accounts", load: loadDeletions, named: titleOfDeletions},
		{path: "/message", template: "message", title: "Accounts", load: loadMessage, named: titleOfMessage},
		{path: "/migration", template: "migration", title: "Migration", load: loadMigration},
		{path: "/configuration", template: "configuration", title: "Configuration", load: loadConfiguration},
	}
}

// visit is one request of a person.
type visit struct {
	*http.Request
	desk   desk.Service
	cache  *cache
	person *person
}

// get gives a parameter of the query.
func (v *visit) get(name string) string { return v.URL.Query().Get(name) }

// number gives a parameter that counts; 0 where it is none.
func (v *visit) number(name string) int64 {
	n, err := strconv.ParseInt(v.get(name), 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// back is where a form of this screen comes back to.
func (v *visit) back() string {
	query := v.URL.Query()
	query.Del("notice")
	return (&url.URL{Path: v.URL.Path, RawQuery: query.Encode()}).String()
}

// show gives a screen, to whoever is logged in.
func (p *Page) show(w http.ResponseWriter, r *http.Request, s screen) {
	one, _ := p.whose(r)
	switch {
	case one == nil:
		http.Redirect(w, r, "/login?then="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
		return
	case p.foreign(r):
		p.turnAway(w, r, backend.Event{Act: "look at " + r.URL.Path}, errForeign)
		return
	}
	v := &visit{Request: r, desk: p.desk, cache: p.cache, person: one}
	data, err := s.load(v)
	if err != nil {
		p.fail(w, r, one, s, err)
		return
	}
	title := s.title
	if s.named != nil {
		title = s.named(data)
	}
	p.write(w, http.StatusOK, s.template, view{Title: title, Here: s.title, Token: one.token, Notice: one.takeNotice(v.get("notice")), Back: v.back(), Data: data})
}

// fail shows what is wrong with a question, or that it could not be answered.
func (p *Page) fail(w http.ResponseWriter, r *http.Request, one *person, s screen, err error) {
	status := http.StatusInternalServerError
	kind, is := desk.KindOf(err)
	switch {
	case is && kind == desk.Unknown:
		status = http.StatusNotFound
	case is:
		status = http.StatusBadRequest
	case errors.Is(err, r.Context().Err()):
		return // nobody waits for it
	default:
		p.log.Error("a page could not be shown", "path", r.URL.Path, "error", err)
	}
	p.write(w, status, "failed", view{Title: s.title, Here: s.title, Token: one.token, Notice: one.takeNotice(r.URL.Query().Get("notice")), Data: err.Error()})
}
