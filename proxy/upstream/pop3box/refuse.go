package pop3box

import (
	"errors"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/pop3"
	"popbridge/proxy/upstream"
	"popbridge/translate"
)

// refusal makes what a device may be told of an error of a command. A Refusal
// stays what it is, and nil stays nil.
func refusal(u configs.Upstream, doing string, err error) error {
	return upstream.Refuse(u, doing, err, func(err error) error {
		var refused *pop3.ReplyError
		if errors.As(err, &refused) {
			return translate.RefuseOld(refused.Code, err)
		}
		return nil
	})
}

// refuseLogin is refusal for a login.
func (p *Pool) refuseLogin(req backend.Request, err error) error {
	return upstream.RefuseLogin(req, err, func(err error) error {
		var refused *pop3.ReplyError
		if !errors.As(err, &refused) {
			return nil
		}
		return p.dialer.Credentials.Judge(req, err, func(trouble bool, err error) *translate.Refusal {
			return translate.RefuseOldLogin(refused.Code, refused.Text, trouble, err)
		})
	})
}
