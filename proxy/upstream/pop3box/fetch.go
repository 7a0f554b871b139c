package pop3box

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"slices"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/proxy/pop3"
	"popbridge/proxy/upstream"
	"popbridge/translate"
)

// Fetch streams a message into w with RETR.
func (m *Mailbox) Fetch(ctx context.Context, msg translate.Message, _ iter.Seq[translate.Message], w io.Writer) error {
	return m.stream(ctx, msg, w, func(n int, w io.Writer) error {
		_, err := m.conn.client.Retrieve(ctx, n, w)
		return err
	})
}

// FetchTop is TOP as the old server understands it, or, where it has none, what
// RETR sends up to there.
func (m *Mailbox) FetchTop(ctx context.Context, msg translate.Message, lines int, _ iter.Seq[translate.Message], w io.Writer) error {
	return m.stream(ctx, msg, w, func(n int, w io.Writer) error {
		if m.hasTop() {
			_, err := m.conn.client.Top(ctx, n, lines, w)
			return err
		}
		_, err := m.conn.client.Retrieve(ctx, n, upstream.NewTopWriter(w, lines))
		return err
	})
}

// hasTop takes a server without CAPA for one that has TOP, as almost all have.
func (m *Mailbox) hasTop() bool { return !m.conn.caps.Known() || m.conn.caps.Has("TOP") }

// stream runs a transfer into w, and keeps the header that passes for Describe. A
// connection that is lost before the first octet is replaced once.
func (m *Mailbox) stream(ctx context.Context, msg translate.Message, w io.Writer, transfer func(n int, w io.Writer) error) error {
	_, known := m.seen[msg.UID]
	header := headerKeeper{w: w, full: known}
	out := upstream.NewCounter(&header)
	var err error
	for range upstream.Attempts {
		err = m.streamOnce(ctx, msg, out, transfer)
		if err == nil || out.Written() || !m.conn.lost() || ctx.Err() != nil {
			break
		}
	}
	if err == nil && !known && header.full {
		m.seen[msg.UID] = describeHeader(msg.UID, header.b)
	}
	var device *pop3.WriterError
	if errors.Is(err, translate.ErrGone) || errors.As(err, &device) {
		return err
	}
	return refusal(m.req.Upstream, "retrieving a message", err)
}

func (m *Mailbox) streamOnce(ctx context.Context, msg translate.Message, out *upstream.Counter, transfer func(n int, w io.Writer) error) error {
	if err := m.ready(ctx); err != nil {
		return err
	}
	n, there := m.numbers.number(msg.UID)
	if !there {
		return translate.ErrGone
	}
	m.tally.Add(upstream.Commands, 1)
	err := transfer(n, out)
	var refused *pop3.ReplyError
	if !errors.As(err, &refused) {
		return err
	}
	// A server that has waited too long says -ERR and closes: that is no answer
	// to the command.
	if lost := m.conn.client.Noop(ctx); lost != nil && m.conn.lost() {
		return lost
	}
	return err
}

// headerKeeper keeps the header of what is written.
type headerKeeper struct {
	w    io.Writer
	b    []byte
	full bool // it has come whole, or nobody wants it
}

func (h *headerKeeper) Write(p []byte) (int, error) {
	if !h.full {
		from := max(0, len(h.b)-len(blankLine)+1)
		h.b = append(h.b, p[:min(len(p), maxHeader-len(h.b))]...)
		if i := bytes.Index(h.b[from:], blankLine); i >= 0 {
			h.b, h.full = h.b[:from+i+len(blankLine)], true
		} else if bytes.HasPrefix(h.b, blankLine[2:]) {
			h.b, h.full = h.b[:2], true
		}
	}
	return h.w.Write(p)
}

var blankLine = []byte("\r\n\r\n")

// maxHeader bounds a header that is looked at.
const maxHeader = translate.MaxPrinted

func describeHeader(uid goimap.UID, header []byte) translate.Description {
	d := translate.Describe(uid, header)
	d.Print = translate.PrintHeader(header)
	return d
}

// describedAtOnce is how many headers are read before the next look whether another
// login wants the maildrop.
const describedAtOnce = 2 * pipelined

// Describe tells messages by their content: all that have been retrieved already,
// the others with TOP, many on their way at once. Messages that the server refuses are
// left out.
func (m *Mailbox) Describe(ctx context.Context, uids goimap.UIDSet, each func(translate.Description)) error {
	for _, d := range m.seen {
		each(d)
	}
	var wanted []goimap.UID
	for _, uid := range translate.Members(uids) {
		if _, ok := m.seen[uid]; !ok {
			wanted = append(wanted, uid)
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	if err := m.ready(ctx); err != nil {
		return refusal(m.req.Upstream, "reading headers", err)
	}
	var numbers []int
	byNumber := make(map[int]goimap.UID, len(wanted))
	for _, uid := range wanted {
		if n, there := m.numbers.number(uid); there {
			numbers = append(numbers, n)
			byNumber[n] = uid
		}
	}
	for batch := range slices.Chunk(numbers, describedAtOnce) {
		if m.yielded() {
			return translate.Temporary(errYielded)
		}
		err := m.headers(ctx, batch, func(n int, header []byte, refused error) error {
			if refused == nil {
				each(describeHeader(byNumber[n], header))
			}
			return nil
		})
		if err != nil {
			return refusal(m.req.Upstream, "reading headers", err)
		}
	}
	return nil
}

// headers reads headers with TOP, or, where the server has none, with RETR. A
// server without CAPA tells only by refusing TOP, so that these come last.
func (m *Mailbox) headers(ctx context.Context, numbers []int, each func(n int, header []byte, refused error) error) error {
	if m.hasTop() {
		m.tally.Add(upstream.Commands, int64(len(numbers)))
		var refused []int
		err := m.conn.client.Headers(ctx, numbers, m.conn.window, func(n int, header []byte, err error) error {
			if err != nil && !m.conn.caps.Known() {
				refused = append(refused, n)
				return nil
			}
			return each(n, header, err)
		})
		if err != nil || len(refused) == 0 {
			return err
		}
		numbers = refused
	}
	m.tally.Add(upstream.Commands, int64(len(numbers)))
	for _, n := range numbers {
		h := headerKeeper{w: io.Discard}
		_, err := m.conn.client.Retrieve(ctx, n, &h)
		var refused *pop3.ReplyError
		if err != nil && !errors.As(err, &refused) {
			return err
		}
		if err := each(n, h.b, err); err != nil {
			return err
		}
	}
	return nil
}

// Unreadable is never said of an old server's messages: it refuses RETR for reasons
// of its own, and a second session to compare with has to wait for its lock.
func (m *Mailbox) Unreadable(context.Context, translate.Message, iter.Seq[translate.Message]) (n translate.Notice, unreadable bool) {
	return n, false
}
