package page

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"popbridge/proxy/admin/desk"
	"popbridge/proxy/backend"
)

// action is one thing to change.
type action struct {
	path string
	act  string // as commands call it
	slow bool   // a mail server has to be asked
	do   func(*visit) (notice, error)
}

// actions are all there are.
func actions() []action {
	return []action{
		{path: "/sessions/kick", act: "kick", do: kick},
		{path: "/account/disable", act: "account disable", do: disable},
		{path: "/account/enable", act: "account enable", do: enable},
		{path: "/account/authorize", act: "account authorize link", do: askOwner},
		{path: "/devices/add", act: "account device add", do: addDevice},
		{path: "/devices/remove", act: "account device remove", do: removeDevice},
		{path: "/devices/revoke", act: "account device revoke", do: revokeDevice},
		{path: "/deletions/undelete", act: "account undelete", slow: true, do: undelete},
	}
}

// patience is how long a change may take that asks a mail server.
const patience = 5 * time.Minute

// untold is what forms bring that stands elsewhere in the audit trail, or must not.
var untold = map[string]bool{"token": true, "account": true, "device": true, "password": true, "back": true}

// act does what a form asks for, and goes back to where it was sent from, with what has
// become of it: so that a page which is loaded again changes nothing again.
func (p *Page) act(w http.ResponseWriter, r *http.Request, d action) {
	one, _ := p.whose(r)
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if d.slow {
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(patience)) // where it cannot be set the server's own holds
	}
	e := backend.Event{Act: d.act, Account: r.PostFormValue("account"), Device: r.PostFormValue("device")}
	for name, values := range r.PostForm {
		if text := strings.Join(values, ", "); !untold[name] && text != "" {
			if e.Details == nil {
				e.Details = make(map[string]string)
			}
			e.Details[name] = text
		}
	}
	switch {
	case p.foreign(r):
		p.turnAway(w, r, e, errForeign)
		return
	case one == nil:
		p.gate.Refuse(p.gate.Person(r), e, errNobody)
		http.Redirect(w, r, "/login?then="+url.QueryEscape(p.inside(r.PostFormValue("back"))), http.StatusSeeOther)
		return
	case !one.owns(r.PostFormValue("token")):
		p.turnAway(w, r, e, errForged)
		return
	}
	v := &visit{Request: r, desk: p.desk, cache: p.cache, person: one}
	var said notice
	err := p.gate.Act(p.gate.Person(r), e, func() (err error) {
		said, err = d.do(v)
		return err
	})
	p.cache.forget()
	if err != nil {
		if _, is := desk.KindOf(err); !is {
			p.log.Error("a change from the page has failed", "act", d.act, "error", err)
		}
		// What was done is told, although the trail could not be written behind it.
		said.Bad, said.Text = true, strings.TrimSpace(said.Text+" "+err.Error())
	}
	back, _ := url.Parse(p.inside(r.PostFormValue("back"))) // it is one of ours
	query := back.Query()
	query.Set("notice", one.leaveNotice(said))
	back.RawQuery = query.Encode()
	http.Redirect(w, r, back.String(), http.StatusSeeOther)
}
