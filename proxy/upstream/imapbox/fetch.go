package imapbox

import (
	"context"
	"errors"
	"io"
	"iter"

	"popbridge/proxy/imap"
	"popbridge/proxy/upstream"
	"popbridge/translate"
)

// Fetch streams a message into w; next are the messages after it.
func (m *Mailbox) Fetch(ctx context.Context, msg translate.Message, next iter.Seq[translate.Message], w io.Writer) error {
	m.writers.counter = *upstream.NewCounter(w)
	_, err := m.fetch(ctx, msg, imap.Section{}, next, &m.writers.counter)
	m.writers = writers{}
	return err
}

// writers are what a message goes through on its way to the device. One is fetched at a time.
type writers struct {
	counter upstream.Counter
	holder  placeholderWriter
}

// fetch streams one section. A connection that is lost before the first octet
// has left for the device is replaced once, and a message whose batch was refused is asked for alone.
func (m *Mailbox) fetch(ctx context.Context, msg translate.Message, section imap.Section, next iter.Seq[translate.Message], w *upstream.Counter) (octets int64, err error) {
	for range upstream.Attempts {
		var again bool
		octets, again, err = m.fetchOnce(ctx, msg, section, next, w)
		if err == nil || !again || ctx.Err() != nil || !w.TakeBack() {
			break
		}
	}
	if err == nil {
		return octets, nil
	}
	var device *imap.WriterError
	switch {
	case errors.Is(err, imap.ErrOtherPart):
	case errors.Is(err, imap.ErrNoBody), errors.Is(err, translate.ErrGone):
		return octets, translate.ErrGone
	case errors.As(err, &device):
		return octets, err
	}
	return octets, refusal(*m.req.Upstream, "fetching a message", err)
}

// fetchOnce reports, where it fails, whether another attempt may do better.
func (m *Mailbox) fetchOnce(ctx context.Context, msg translate.Message, section imap.Section, next iter.Seq[translate.Message], w io.Writer) (octets int64, again bool, err error) {
	body, early, err := m.begin(ctx, msg, section, next)
	if err != nil {
		return 0, m.lost(), err
	}
	g := &m.writers.holder
	*g = placeholderWriter{w: w}
	octets, err = body.CopyTo(ctx, g)
	switch {
	case err == nil && octets == 0 && section.Offset == 0 && msg.Octets > 0:
		// A device would take it for a whole message, and may delete it.
		return 0, false, errNoOctet
	case err == nil && g.real:
		return octets, m.lost(), nil
	case err != nil || octets == 0:
	case section.Offset == 0 && g.whole():
		err = m.confirmGone(ctx, msg, g)
		return octets, m.lost(), err
	default:
		err = g.release()
	}
	var refused *imap.StatusError
	again = errors.As(err, &refused) && m.conn.introduced(ctx, err)
	if early && (errors.As(err, &refused) || errors.Is(err, imap.ErrNoBody)) {
		// The refusal of a batch does not say whom it means, and neither does an OK
		// after fewer messages than were asked for.
		m.req.Log.Info("a batch of messages was broken off by the upstream; the missing ones are fetched one by one", "upstream", m.req.Upstream.Name, "account", m.req.Account, "uid", msg.UID, "cause", err)
		m.prefetch.run = 0
		again = true
	}
	if err != nil && !m.lost() {
		// What is left of it must not become the next answer.
		if derr := body.Discard(ctx); derr != nil {
			m.req.Log.Debug("giving up the rest of a message", "error", derr)
		}
	}
	return octets, again || m.lost(), err
}

// errNoOctet says that a message of which the listing gave a size came without an
// octet, and with an OK: no message that a mail server has taken is empty.
var errNoOctet = errors.New("the server gave no octet")

const (
	// firstTop is what TOP asks for first, in octets: most headers and some
	// lines of the body.
	firstTop = 8 << 10
	// lineGuess is a long average of a line in octets.
	lineGuess = 80
	maxTop    = 4 << 20
)

// FetchTop streams the header, the blank line and a number of lines. It asks for
// pieces from the start of the message, so that what it sends is exactly how
// RETR would begin, and stops asking when it has enough. It never sets \Seen.
func (m *Mailbox) FetchTop(ctx context.Context, msg translate.Message, lines int, next iter.Seq[translate.Message], w io.Writer) error {
	cut := upstream.NewTopWriter(w, lines)
	out := upstream.NewCounter(cut)
	length := int64(firstTop)
	if lines > 0 {
		length += min(int64(min(lines, maxTop))*lineGuess, maxTop)
	}
	if lines > maxTop {
		length = 0 // all of it: "TOP n 99999999" is some clients' RETR
	}
	for offset := int64(0); ; {
		n, err := m.fetch(ctx, msg, imap.Section{Offset: offset, Length: length}, next, out)
		if errors.Is(err, translate.ErrGone) && offset > 0 && offset >= msg.Octets {
			return nil // nothing lies after the end
		}
		if errors.Is(err, imap.ErrOtherPart) && offset == 0 && length > 0 {
			length = 0 // it gives no parts as they are asked for, and may give the whole
			continue
		}
		if err != nil {
			return err
		}
		offset += n
		if cut.Done() || length == 0 || n != length {
			return nil // more than was asked for is all that there is
		}
		length = min(2*length, maxTop)
		next = none
	}
}

func none(func(translate.Message) bool) {}
