package upstream

import (
	"context"
	"errors"
	"io"
	"strings"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/proxy/imap"
	"popbridge/translate"
)

func equalFlag(a, b goimap.Flag) bool { return strings.EqualFold(string(a), string(b)) }

// counter counts what has gone into a writer: after the first octet nothing can
// be tried again.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	c.n += int64(len(p))
	return c.w.Write(p)
}

// Fetch streams a message into w.
func (m *Mailbox) Fetch(ctx context.Context, uid goimap.UID, w io.Writer) error {
	_, err := m.fetch(ctx, uid, imap.Section{}, &counter{w: w})
	return err
}

// fetch streams one section. A connection that is lost before the first octet
// is replaced once.
func (m *Mailbox) fetch(ctx context.Context, uid goimap.UID, section imap.Section, w *counter) (octets int64, err error) {
	for range attempts {
		octets, err = m.fetchOnce(ctx, uid, section, w)
		if err == nil || w.n > 0 || !m.lost() || ctx.Err() != nil {
			break
		}
	}
	var device *imap.WriterError
	switch {
	case errors.Is(err, imap.ErrNoBody):
		return octets, translate.ErrGone
	case errors.As(err, &device):
		return octets, err
	}
	return octets, m.refusal("fetching a message", err)
}

func (m *Mailbox) fetchOnce(ctx context.Context, uid goimap.UID, section imap.Section, w io.Writer) (int64, error) {
	if err := m.ready(ctx); err != nil {
		return 0, err
	}
	body, err := m.conn.StartBody(ctx, uid, section)
	if err != nil {
		return 0, err
	}
	octets, err := body.CopyTo(ctx, w)
	if err != nil && m.conn.Err() == nil {
		// What is left of it must not become the next answer.
		if derr := body.Discard(ctx); derr != nil {
			m.req.Log.Debug("giving up the rest of a message", "error", derr)
		}
	}
	return octets, err
}

const (
	// firstTop is what TOP asks for first, in octets: most headers and some
	// lines of the body.
	firstTop = 16 << 10
	// lineGuess is an average line in octets.
	lineGuess = 60
	maxTop    = 4 << 20
)

// FetchTop streams the header, the blank line and a number of lines. It asks for
// pieces from the start of the message, so that what it sends is exactly how
// RETR would begin, and stops asking when it has enough. It never sets \Seen.
func (m *Mailbox) FetchTop(ctx context.Context, uid goimap.UID, lines int, octets int64, w io.Writer) error {
	cut := &topWriter{top: translate.NewTop(lines), w: w}
	out := &counter{w: cut}
	length := int64(firstTop)
	if lines > 0 {
		length += min(int64(lines)*lineGuess, maxTop)
	}
	if length >= octets {
		length = 0 // all of it
	}
	for offset := int64(0); ; {
		n, err := m.fetch(ctx, uid, imap.Section{Offset: offset, Length: length}, out)
		if err != nil {
			return err
		}
		offset += n
		if cut.done || length == 0 || n < length {
			return nil
		}
		length = min(2*length, maxTop)
	}
}

// topWriter lets through what TOP's answer holds, and drops the rest.
type topWriter struct {
	top  *translate.Top
	w    io.Writer
	done bool
}

func (t *topWriter) Write(p []byte) (int, error) {
	if t.done {
		return len(p), nil
	}
	n, done := t.top.Take(p)
	t.done = done
	if _, err := t.w.Write(p[:n]); err != nil {
		return 0, err
	}
	return len(p), nil
}
