package upstream

import (
	"errors"
	"fmt"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/translate"
)

// Refuse makes what a device may be told of an error of a command. A Refusal stays
// what it is, and nil stays nil; judge tells what a server's own answer means, and
// gives nil for other errors, which may pass.
func Refuse(u configs.Upstream, doing string, err error, judge func(error) error) error {
	if err == nil {
		return nil
	}
	var made *translate.Refusal
	if errors.As(err, &made) {
		return err
	}
	err = fmt.Errorf("upstream %q: %s: %w", u.Name, doing, err)
	if judged := judge(err); judged != nil {
		return judged
	}
	return translate.Temporary(err)
}

// RefuseLogin is Refuse for a login. A Refusal is given whose cause names the account.
func RefuseLogin(req backend.Request, err error, judge func(error) error) error {
	var made *translate.Refusal
	if errors.As(err, &made) {
		named := *made // others may have been given the same
		named.Err = nameLogin(req, made.Err)
		return &named
	}
	err = nameLogin(req, err)
	if judged := judge(err); judged != nil {
		return judged
	}
	return translate.Temporary(err)
}

func nameLogin(req backend.Request, err error) error {
	return fmt.Errorf("upstream %q, account %.128q: %w", req.Upstream.Name, req.Account, err)
}

// Judge tells wrong credentials from a server's trouble, where refuse would take a
// bare refusal for one or the other, and the device's from our own: what a master
// user or a token of ours is refused is nothing that a device could mend, and
// counts against none.
func (c *Credentials) Judge(req backend.Request, err error, refuse func(trouble bool, err error) *translate.Refusal) error {
	if ours := ownSecret(req); ours != "" {
		r := refuse(false, err)
		if r.Code == translate.CodeAuth {
			return translate.Permanent(fmt.Errorf("%s is refused, or may not open the account: %w", ours, err))
		}
		return r
	}
	if r := refuse(true, err); r.Code == translate.CodeAuth {
		c.forget(req)
		return r
	}
	if r := refuse(false, err); r.Code != translate.CodeAuth {
		// The server gives its reason, and it is not the password: the 15 minutes of a
		// refusal without one do not run yet.
		if r.Code == translate.CodeSysTemp {
			c.unavailable(req)
		}
		return r
	}
	return refuse(c.trouble(req), err)
}
