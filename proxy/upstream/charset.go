package upstream

import (
	"context"
	"errors"
	"unicode/utf8"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/imap"
	"popbridge/proxy/pop3"
	"popbridge/translate"
)

// own logs in with the password that the device gave, as it came. One that is not
// UTF-8 is tried once more where the server refuses it and the operator says what
// it may be (upstream.legacy_charset): devices of the nineties send Latin-1, and
// servers of today compare with UTF-8. What was right within a day is tried first,
// so that a server does not see a failed login before each good one.
func (l *login) own(ctx context.Context) error {
	user, password := l.req.Account, l.req.Password.Reveal()
	recoded, ok := recode(l.req)
	if ok && l.recoded {
		return l.plain(ctx, "", user, recoded)
	}
	err := l.plain(ctx, "", user, password)
	var status *imap.StatusError
	if !ok || !errors.As(err, &status) || status.Type == "BYE" || l.conn.Err() != nil || !wrongPassword(status) {
		return err
	}
	l.recoded = true
	return l.plain(ctx, "", user, recoded)
}

// wrongPassword reports whether a refusal may be of the password.
func wrongPassword(status *imap.StatusError) bool {
	return status.Type == "BAD" || translate.RefuseLogin(status.Code, status.Text, false, nil).Code == translate.CodeAuth
}

// recode gives the password in UTF-8, where it is not and upstream.legacy_charset
// says what it may be.
func recode(r backend.Request) (password string, ok bool) {
	octets := r.Password.Reveal()
	if r.Upstream.LegacyCharset != configs.LegacyLatin1 || utf8.ValidString(octets) {
		return "", false
	}
	runes := make([]rune, len(octets))
	for i := range len(octets) {
		runes[i] = rune(octets[i])
	}
	return string(runes), true
}

// own is that of an old POP3 server.
func (l *oldLogin) own(ctx context.Context) error {
	user, password := l.req.Account, l.req.Password.Reveal()
	recoded, ok := recode(l.req)
	if ok && l.recoded {
		return l.plain(ctx, user, recoded)
	}
	err := l.plain(ctx, user, password)
	var refused *pop3.ReplyError
	if !ok || !errors.As(err, &refused) || l.conn.Err() != nil || translate.RefuseOldLogin(refused.Code, refused.Text, false, nil).Code != translate.CodeAuth {
		return err
	}
	l.recoded = true
	return l.plain(ctx, user, recoded)
}
