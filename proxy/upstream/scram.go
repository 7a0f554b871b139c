package upstream

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"

	"github.com/xdg-go/scram"

	"popbridge/proxy/backend"
	"popbridge/translate"
)

// maxIterations bounds the work that a server may ask for with every login; the
// library sees to the 4096 that RFC 7677 §4 asks for at least.
const maxIterations = 1_000_000

// ErrImpostor says that a server has let us in without a proof that it knows the
// password (RFC 5802 §3), so it is not the one that the account is on.
var ErrImpostor = errors.New("the server has not proved that it knows the password, so it may be another server: nothing was asked of it")

// scramExchange proves a password by SCRAM-SHA-256 (RFC 7677) and has the server do the
// same. Channel binding is not claimed.
type scramExchange struct{ conversation *scram.ClientConversation }

// newSCRAM begins with the device's password.
func newSCRAM(r backend.Request) (*scramExchange, error) {
	client, err := scram.SHA256.NewClient(r.Account, r.Password.Reveal(), "")
	if err != nil {
		// Its text may quote what it refuses.
		return nil, translate.BadCredentials(errors.New("the name or the password holds what SCRAM does not allow (RFC 4013)"))
	}
	return &scramExchange{client.NewConversation()}, nil
}

// ProveSCRAM has show carry a whole exchange to the server, which must have proved
// itself when it lets us in; end closes the connection to one that has not.
func ProveSCRAM(r backend.Request, show func(first []byte, next func(challenge []byte) ([]byte, error)) error, end func() error) error {
	s, err := newSCRAM(r)
	if err != nil {
		return err
	}
	first, err := s.first()
	if err != nil {
		return err
	}
	if err := show(first, s.next); err != nil || s.conversation.Valid() {
		return err
	}
	return errors.Join(ErrImpostor, end())
}

// first gives the first message.
func (s *scramExchange) first() ([]byte, error) {
	first, err := s.conversation.Step("")
	return []byte(first), err
}

// next answers a challenge.
func (s *scramExchange) next(challenge []byte) ([]byte, error) {
	if bytes.HasPrefix(challenge, []byte("e=")) {
		return []byte{}, nil // an error (RFC 5802 §7); the refusal that follows says what it is
	}
	for field := range bytes.SplitSeq(challenge, []byte(",")) {
		if n, ok := bytes.CutPrefix(field, []byte("i=")); ok {
			if iterations, err := strconv.Atoi(string(n)); err != nil || iterations > maxIterations {
				return nil, fmt.Errorf("the server asks for more than %d iterations of SCRAM", maxIterations)
			}
		}
	}
	proves := bytes.HasPrefix(challenge, []byte("v="))
	answer, err := s.conversation.Step(string(challenge))
	switch {
	case err != nil && proves:
		return nil, fmt.Errorf("%w: %w", ErrImpostor, err)
	case err != nil:
		return nil, fmt.Errorf("SCRAM: %w", err)
	}
	return []byte(answer), nil
}
