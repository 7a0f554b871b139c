package imapbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/xdg-go/scram"

	"popbridge/translate"
)

// maxIterations bounds the work that a server may ask for with every login; the
// library sees to the 4096 that RFC 7677 §4 asks for at least.
const maxIterations = 1_000_000

// errImpostor says that a server has let us in without a proof that it knows the
// password (RFC 5802 §3), so it is not the one that the account is on.
var errImpostor = errors.New("the server has not proved that it knows the password, so it may be another server: nothing was asked of it")

// scram proves the password by SCRAM-SHA-256 (RFC 7677) and has the server do the
// same. Channel binding is not claimed.
func (l *login) scram(ctx context.Context) error {
	if !l.caps.Has("AUTH=SCRAM-SHA-256") {
		return translate.Permanent(errors.New(`the server does not announce AUTH=SCRAM-SHA-256, and auth = "scram-sha-256" sends no password`))
	}
	client, err := scram.SHA256.NewClient(l.req.Account, l.req.Password.Reveal(), "")
	if err != nil {
		// Its text may quote what it refuses.
		return translate.BadCredentials(errors.New("the name or the password holds what SCRAM does not allow (RFC 4013)"))
	}
	conversation := client.NewConversation()
	first, err := conversation.Step("")
	if err != nil {
		return err
	}
	err = l.conn.Authenticate(ctx, "SCRAM-SHA-256", []byte(first), func(challenge []byte) ([]byte, error) {
		return scramStep(conversation, challenge)
	})
	if err == nil && !conversation.Valid() {
		return errors.Join(errImpostor, l.conn.Close())
	}
	return err
}

func scramStep(conversation *scram.ClientConversation, challenge []byte) ([]byte, error) {
	if bytes.HasPrefix(challenge, []byte("e=")) {
		return nil, nil // an error (RFC 5802 §7); the NO that follows says what it is
	}
	for field := range bytes.SplitSeq(challenge, []byte(",")) {
		if n, ok := bytes.CutPrefix(field, []byte("i=")); ok {
			if iterations, err := strconv.Atoi(string(n)); err != nil || iterations > maxIterations {
				return nil, fmt.Errorf("the server asks for more than %d iterations of SCRAM", maxIterations)
			}
		}
	}
	proves := bytes.HasPrefix(challenge, []byte("v="))
	answer, err := conversation.Step(string(challenge))
	switch {
	case err != nil && proves:
		return nil, fmt.Errorf("%w: %w", errImpostor, err)
	case err != nil:
		return nil, fmt.Errorf("SCRAM: %w", err)
	}
	return []byte(answer), nil
}
