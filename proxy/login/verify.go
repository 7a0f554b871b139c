package login

import (
	"context"
	"errors"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/pop3"
	"popbridge/proxy/route"
	"popbridge/translate"
)

// verifyLogin shows a device's password to the upstream that knows it
// (upstream.verify_login), where its own does not yet and is entered as a master
// user. What is left is nothing for its own to check.
func (a *attempt) verifyLogin(ctx context.Context, with upstreamCredential) (upstreamCredential, error) {
	name := a.target.Upstream.VerifyLogin
	if name == "" || with.password.Empty() {
		return with, nil
	}
	t, err := route.On(a.Config, name, a.target.Login.Account)
	if err != nil {
		return with, translate.Permanent(err)
	}
	sum := a.derived.hash.Of(name, t.UpstreamLogin, with.password.Reveal())
	if a.verified.has(sum) {
		return upstreamCredential{}, nil
	}
	if err := a.try(ctx, t, with.password); err != nil {
		return with, err
	}
	a.verified.keep(sum, t.Upstream.Reauth)
	return upstreamCredential{}, nil
}

// try logs in at an upstream, for nothing but to see whether it lets the device in.
func (a *attempt) try(ctx context.Context, t route.Target, password configs.Secret) error {
	r := a.request(t, upstreamCredential{password: password})
	r.Use = backend.ToLook
	mailbox, err := a.backend.OpenMailbox(ctx, r)
	if err != nil {
		if provenInUse(err) {
			return nil
		}
		return err
	}
	if err := mailbox.Close(); err != nil {
		a.Log.Debug("closing the mailbox of a login that was only to be verified", "upstream", t.Upstream.Name, "error", err)
	}
	return nil
}

// provenInUse reports whether an old server has refused a login for nothing but
// another session, which it says only after good credentials (RFC 2449 §8.1.2). The
// response code counts alone, and only in answer to the password: a greeting, the
// answer to a name, or words that speak of a lock may come to whatever password.
func provenInUse(err error) bool {
	var said *pop3.ReplyError
	return errors.As(err, &said) && said.Code == translate.CodeInUse && (said.Command == "PASS" || said.Command == "AUTH")
}
