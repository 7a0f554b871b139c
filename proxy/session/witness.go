package session

import (
	"bytes"
	"errors"
	"io"

	"popbridge/proxy/backend"
	"popbridge/proxy/pop3"
	"popbridge/translate"
)

// witness stands before the answer to RETR or TOP where there is an audit trail: it holds
// a message back until its Message-ID has come by, and it is written down who gets it.
// What cannot be written down, and must be, has not begun to leave then.
type witness struct {
	body io.Writer // the answer
	tell func(messageID string) error
	held []byte
	told bool
}

// maxHeld bounds how much of a message is held back, in octets.
const maxHeld = 64 << 10

// Write holds the header back, and lets through what follows.
func (w *witness) Write(p []byte) (int, error) {
	if w.told {
		return w.body.Write(p)
	}
	from := max(0, len(w.held)-len("\n\r"))
	w.held = append(w.held, p...)
	if tail := w.held[from:]; len(w.held) < maxHeld && !bytes.Contains(tail, []byte("\n\r\n")) && !bytes.Contains(tail, []byte("\n\n")) {
		return len(p), nil
	}
	if err := w.release(); err != nil {
		return 0, err
	}
	return len(p), nil
}

// release lets through what is held back, of a message without a body too.
func (w *witness) release() error {
	if !w.told {
		if err := w.tell(translate.Describe(0, w.held).MessageID); err != nil {
			return err
		}
		w.told = true
	}
	held := w.held
	if w.held = nil; len(held) == 0 {
		return nil
	}
	_, err := w.body.Write(held)
	return err
}

// TakeBack is the answer's: the message comes once more, and is written down once.
func (w *witness) TakeBack() bool {
	body, ok := w.body.(interface{ TakeBack() bool })
	if !ok || !body.TakeBack() {
		return false
	}
	w.held = nil
	return true
}

// transfer has fetch write a message into an answer, and ends that. Where there is an
// audit trail it says who gets the message before the first octet leaves, and once more
// where the answer then breaks off. lines are TOP's.
func (s *Session) transfer(kind backend.EventKind, msg translate.Message, lines *int, body *pop3.Body, fetch func(io.Writer) error) error {
	if !s.Backend.Audits() {
		return s.finishBody(body, fetch(body))
	}
	e := s.drop.Told(kind, msg)
	e.Lines = lines
	w := &witness{body: body, tell: func(messageID string) error {
		e.MessageID = messageID
		return s.Backend.Tell(e)
	}}
	err := fetch(w)
	if err == nil {
		err = w.release()
	}
	err = s.finishBody(body, err)
	if err != nil && w.told {
		e.Result, e.Octets, e.Cause = backend.ResultRefused, body.Octets(), translate.Cause(err).Error()
		if errors.As(err, new(brokenBody)) {
			e.Result = backend.ResultBroken
		}
		_ = s.Backend.Tell(e) // what was to be allowed is written down already
	}
	return err
}
