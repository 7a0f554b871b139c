package imapbox

import (
	"errors"
	"fmt"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/imap"
	"popbridge/proxy/upstream"
	"popbridge/translate"
)

// refusal makes what a device may be told of an error of a command. A Refusal
// stays what it is, and nil stays nil.
func refusal(u configs.Upstream, doing string, err error) error {
	return upstream.Refuse(u, doing, err, func(err error) error {
		var status *imap.StatusError
		if errors.As(err, &status) {
			return translate.RefuseCommand(status.Code, err)
		}
		return nil
	})
}

// refuseLogin is refusal for a login.
func (p *Pool) refuseLogin(req backend.Request, err error) error {
	return upstream.RefuseLogin(req, err, func(err error) error {
		var status *imap.StatusError
		switch {
		case errors.Is(err, imap.ErrLoginDisabled):
			return translate.Permanent(fmt.Errorf(`%w; it takes no password on this connection: set tls = "starttls" or "implicit"`, err))
		case errors.Is(err, upstream.ErrImpostor):
			return translate.Permanent(err)
		case errors.As(err, &status) && status.Type == "NO":
			return p.dialer.Credentials.Judge(req, err, func(trouble bool, err error) *translate.Refusal {
				return translate.RefuseLogin(status.Code, status.Text, trouble, err)
			})
		case errors.As(err, &status) && status.Type == "BAD" && translate.SaysUnsupported(status.Text):
			return translate.Permanent(err)
		}
		return nil
	})
}
