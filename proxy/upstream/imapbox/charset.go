package imapbox

import (
	"context"
	"errors"

	"popbridge/proxy/imap"
	"popbridge/proxy/upstream"
	"popbridge/translate"
)

// own logs in with the password that the device gave.
func (l *login) own(ctx context.Context) (err error) {
	l.recoded, err = upstream.TryPassword(l.req, l.recoded, func(password string) error {
		return l.plain(ctx, "", l.req.Account, password)
	}, l.wrongPassword)
	return err
}

// wrongPassword reports whether an error may be of the password, and another one may
// be tried.
func (l *login) wrongPassword(err error) bool {
	var status *imap.StatusError
	if !errors.As(err, &status) || status.Type == "BYE" || l.conn.Err() != nil {
		return false
	}
	return status.Type == "BAD" || translate.RefuseLogin(status.Code, status.Text, false, nil).Code == translate.CodeAuth
}
