package upstream

import (
	"context"
	"errors"
	"fmt"

	"popbridge/proxy/imap"
	"popbridge/translate"
)

// logIn authenticates with the device's own password, by AUTHENTICATE PLAIN
// where it is announced and LOGIN elsewhere.
func (p *Pool) logIn(ctx context.Context, conn wire, req Request) error {
	caps, err := conn.Capabilities(ctx)
	if err != nil {
		return translate.Temporary(fmt.Errorf("upstream %q: %w", req.Upstream.Name, err))
	}
	password := req.Password.Reveal()
	if caps.Has("AUTH=PLAIN") {
		err = conn.Authenticate(ctx, "PLAIN", []byte("\x00"+req.Account+"\x00"+password))
	} else {
		err = conn.Login(ctx, req.Account, password)
	}
	if err == nil {
		p.recent.accepted(req)
		return nil
	}
	err = fmt.Errorf("upstream %q, account %q: %w", req.Upstream.Name, req.Account, err)
	var status *imap.StatusError
	switch {
	case errors.Is(err, imap.ErrLoginDisabled):
		return translate.Permanent(fmt.Errorf(`%w; it takes no password on this connection: set tls = "starttls" or "implicit"`, err))
	case errors.As(err, &status) && status.Type == "NO":
		return translate.RefuseLogin(status.Code, status.Text, p.recent.has(req), err)
	}
	return translate.Temporary(err)
}
