package imapbox

import (
	"context"
	"errors"

	"popbridge/proxy/upstream"
	"popbridge/translate"
)

// scram proves the password by SCRAM-SHA-256.
func (l *login) scram(ctx context.Context) error {
	if !l.caps.Has("AUTH=SCRAM-SHA-256") {
		return translate.Permanent(errors.New(`the server does not announce AUTH=SCRAM-SHA-256, and auth = "scram-sha-256" sends no password`))
	}
	return upstream.ProveSCRAM(l.req, func(first []byte, next func([]byte) ([]byte, error)) error {
		return l.conn.Authenticate(ctx, "SCRAM-SHA-256", first, next)
	}, l.conn.Close)
}
