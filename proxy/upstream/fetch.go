package upstream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"popbridge/proxy/imap"
	"popbridge/translate"
)

// counter counts what has gone into a writer: after the first octet nothing can
// be tried again, unless the writer takes back what has not left for the device.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) takeBack() bool {
	w, ok := c.w.(interface{ TakeBack() bool })
	if c.n == 0 || ok && w.TakeBack() {
		c.n = 0
	}
	return c.n == 0
}

func (c *counter) Write(p []byte) (int, error) {
	c.n += int64(len(p))
	return c.w.Write(p)
}

// Fetch streams a message into w; next are the messages behind it.
func (m *Mailbox) Fetch(ctx context.Context, msg translate.Message, next iter.Seq[translate.Message], w io.Writer) error {
	_, err := m.fetch(ctx, msg, imap.Section{}, next, &counter{w: w})
	return err
}

// fetch streams one section. A connection that is lost before the first octet
// has left for the device is replaced once, and a message whose batch was refused is asked for alone.
func (m *Mailbox) fetch(ctx context.Context, msg translate.Message, section imap.Section, next iter.Seq[translate.Message], w *counter) (octets int64, err error) {
	for range attempts {
		var again bool
		octets, again, err = m.fetchOnce(ctx, msg, section, next, w)
		if err == nil || !again || ctx.Err() != nil || !w.takeBack() {
			break
		}
	}
	var device *imap.WriterError
	switch {
	case errors.Is(err, imap.ErrNoBody), errors.Is(err, translate.ErrGone):
		return octets, translate.ErrGone
	case errors.As(err, &device):
		return octets, err
	}
	return octets, refusal(m.req.Upstream, "fetching a message", err)
}

// fetchOnce reports, where it fails, whether another attempt may do better.
func (m *Mailbox) fetchOnce(ctx context.Context, msg translate.Message, section imap.Section, next iter.Seq[translate.Message], w io.Writer) (octets int64, again bool, err error) {
	body, early, err := m.begin(ctx, msg, section, next)
	if err != nil {
		return 0, m.lost(), err
	}
	g := ghostWriter{w: w}
	octets, err = body.CopyTo(ctx, &g)
	switch {
	case err != nil || g.real || octets == 0:
	case section.Offset == 0 && g.whole():
		err = m.exorcise(ctx, msg, &g)
		return octets, m.lost(), err
	default:
		err = g.release()
	}
	var refused *imap.StatusError
	if early && (errors.As(err, &refused) || errors.Is(err, imap.ErrNoBody)) {
		// The refusal of a batch does not say whom it means, and neither does an OK
		// behind fewer messages than were asked for.
		m.req.Log.Info("a batch of messages was broken off by the upstream; those that are missing are asked for one by one", "upstream", m.req.Upstream.Name, "account", m.req.Account, "uid", msg.UID, "cause", err)
		m.ahead.run = 0
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
	cut := &topWriter{top: translate.NewTop(lines), w: w}
	out := &counter{w: cut}
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
			return nil // nothing lies behind the end
		}
		if err != nil {
			return err
		}
		offset += n
		if cut.done || length == 0 || n != length {
			return nil // more than was asked for is all that there is
		}
		length = min(2*length, maxTop)
		next = none
	}
}

func none(func(translate.Message) bool) {}

// topWriter lets through what TOP's answer holds, and drops the rest.
type topWriter struct {
	top  *translate.Top
	w    io.Writer
	done bool
	rest int // octets dropped
}

// maxRest bounds what is read of a message behind what TOP wants, where a server
// gives all of it for a part (Exchange, outlook.com): a new connection would not
// bring less.
const maxRest = 32 << 20

var errTooMuch = fmt.Errorf("the upstream gives whole messages where the beginning was asked for, and this one has more than %d octets", maxRest)

func (t *topWriter) Write(p []byte) (int, error) {
	if t.done {
		if t.rest += len(p); t.rest > maxRest {
			return 0, errTooMuch
		}
		return len(p), nil
	}
	n, done := t.top.Take(p)
	t.done = done
	if _, err := t.w.Write(p[:n]); err != nil {
		return 0, err
	}
	return len(p), nil
}
