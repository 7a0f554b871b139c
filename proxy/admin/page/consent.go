package page

import (
	"fmt"
	"net/http"
	"time"

	"popbridge/proxy/admin/desk"
	"popbridge/proxy/admin/gate"
	"popbridge/proxy/backend"
)

// askOwner makes a link for an account's owner.
func askOwner(v *visit) (notice, error) {
	l, err := v.desk.AskOwner(v.Context(), v.PostFormValue("account"), v.PostFormValue("upstream"))
	if err != nil {
		return notice{}, err
	}
	return notice{
		Text:   fmt.Sprintf("Send this to the owner of %s. It is shown this once, works once, and ends %s:", l.Account, ago(l.Expires)),
		Secret: l.Address,
	}, nil
}

// consent shows an owner what is asked for. Nobody has to be logged in: the link says who
// it is for. What it shows is no secret of who holds it.
func (p *Page) consent(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	c, err := p.desk.OwnerAsked(r.Context(), q.Get("account"), q.Get("upstream"), q.Get("key"))
	if _, ok := p.owner(w, r, err); !ok {
		return
	}
	p.write(w, http.StatusOK, "consent", view{Title: "Let your mail be read", Data: c})
}

// owner lets whoever holds a link go on, unless it is wrong, which is counted like a wrong
// password.
func (p *Page) owner(w http.ResponseWriter, r *http.Request, err error) (caller gate.Caller, ok bool) {
	kind, is := desk.KindOf(err)
	wrong := is && kind == desk.Unknown
	caller, refusal := p.gate.Owner(r, !wrong, err)
	switch {
	case refusal != nil:
		p.sorry(w, http.StatusNotFound, "This link is no longer good", refusal.Error()+"; ask whoever has sent it for a new one")
	case err != nil:
		p.sorryOwner(w, r, err)
	}
	return caller, refusal == nil && err == nil
}

// consented takes an owner's answer, with which the provider sends the browser back.
func (p *Page) consented(w http.ResponseWriter, r *http.Request) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(patience)) // where it cannot be set the server's own holds
	c, err := p.desk.OwnerOf(r.Context(), r.URL.Query().Get("state"))
	caller, ok := p.owner(w, r, err)
	if !ok {
		return
	}
	e := backend.Event{Act: "account authorize", Account: c.Account, Details: map[string]string{"upstream": c.Upstream}}
	err = p.gate.Act(caller, e, func() error {
		_, err := p.desk.OwnerAnswered(r.Context(), r.URL.Query())
		return err
	})
	if _, ok := p.owner(w, r, err); !ok {
		return
	}
	p.write(w, http.StatusOK, "consented", view{Title: "Thank you", Data: c})
}

// sorryOwner says what went wrong to who can do nothing but try again.
func (p *Page) sorryOwner(w http.ResponseWriter, r *http.Request, err error) {
	status, text := http.StatusInternalServerError, "popbridge could not do it just now; open the link again later"
	if _, is := desk.KindOf(err); is {
		status, text = http.StatusConflict, err.Error()
	}
	p.log.Warn("an owner's consent was not taken", "path", r.URL.Path, "client", p.gate.Client(r), "cause", err)
	p.sorry(w, status, "That did not work", text)
}
