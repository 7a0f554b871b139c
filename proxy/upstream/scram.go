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

// SCRAM proves a password by SCRAM-SHA-256 (RFC 7677) and has the server do the
// same. Channel binding is not claimed.
type SCRAM struct{ conversation *scram.ClientConversation }

// NewSCRAM begins with the device's password.
func NewSCRAM(r backend.Request) (*SCRAM, error) {
	client, err := scram.SHA256.NewClient(r.Account, r.Password.Reveal(), "")
	if err != nil {
		// Its text may quote what it refuses.
		return nil, translate.BadCredentials(errors.New("the name or the password holds what SCRAM does not allow (RFC 4013)"))
	}
	return &SCRAM{client.NewConversation()}, nil
}

// First gives the first message.
func (s *SCRAM) First() ([]byte, error) {
	first, err := s.conversation.Step("")
	return []byte(first), err
}

// Proven reports whether the server has proved that it knows the password.
func (s *SCRAM) Proven() bool { return s.conversation.Valid() }

// Next answers a challenge.
func (s *SCRAM) Next(challenge []byte) ([]byte, error) {
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
