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
	exchange, err := upstream.NewSCRAM(l.req)
	if err != nil {
		return err
	}
	first, err := exchange.First()
	if err != nil {
		return err
	}
	err = l.conn.Authenticate(ctx, "SCRAM-SHA-256", first, exchange.Next)
	if err == nil && !exchange.Proven() {
		return errors.Join(upstream.ErrImpostor, l.conn.Close())
	}
	return err
}
