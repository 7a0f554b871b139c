package upstream

import (
	"errors"
	"fmt"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/imap"
	"popbridge/translate"
)

// refuseLogin makes what a device may be told of an error of a login.
func (p *Pool) refuseLogin(req backend.Request, err error) error {
	var made *translate.Refusal
	if errors.As(err, &made) {
		named := *made // others may have been given the same
		named.Err = fmt.Errorf("upstream %q, account %.128q: %w", req.Upstream.Name, req.Account, made.Err)
		return &named
	}
	err = fmt.Errorf("upstream %q, account %.128q: %w", req.Upstream.Name, req.Account, err)
	var status *imap.StatusError
	switch {
	case errors.Is(err, imap.ErrLoginDisabled):
		return translate.Permanent(fmt.Errorf(`%w; it takes no password on this connection: set tls = "starttls" or "implicit"`, err))
	case errors.Is(err, errImpostor):
		return translate.Permanent(err)
	case errors.As(err, &status) && status.Type == "NO":
		return p.judge(req, err, func(trouble bool, err error) *translate.Refusal {
			return translate.RefuseLogin(status.Code, status.Text, trouble, err)
		})
	case errors.As(err, &status) && status.Type == "BAD" && translate.SaysUnsupported(status.Text):
		return translate.Permanent(err)
	}
	return translate.Temporary(err)
}

// judge tells wrong credentials from a server's trouble, where refuse would take a
// bare refusal for one or the other, and the device's from our own: what a master
// user or a token of ours is refused is nothing that a device could mend, and
// counts against none.
func (p *Pool) judge(req backend.Request, err error, refuse func(trouble bool, err error) *translate.Refusal) error {
	if ours := ownSecret(req); ours != "" {
		r := refuse(false, err)
		if r.Code == translate.CodeAuth {
			return translate.Permanent(fmt.Errorf("%s is refused, or may not open the account: %w", ours, err))
		}
		return r
	}
	if r := refuse(true, err); r.Code == translate.CodeAuth {
		p.recent.forget(req)
		return r
	}
	return refuse(p.recent.trouble(req), err)
}

// ownSecret names the credential that popbridge itself logs in with; empty where it is
// the device's.
func ownSecret(r backend.Request) string {
	u := r.Upstream
	switch {
	case !r.Password.Empty() || !r.Bearer.Empty():
		return ""
	case u.Auth == configs.AuthMaster:
		return fmt.Sprintf("master user %q (master_user, master_password)", u.MasterUser)
	case u.Auth == configs.AuthOAuth2:
		return fmt.Sprintf("popbridge's access token (oauth2, flow = %s, client_id = %q)", u.OAuth2.Flow, u.OAuth2.ClientID)
	}
	return ""
}
