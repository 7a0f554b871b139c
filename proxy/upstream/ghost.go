package upstream

import (
	"bytes"
	"context"
	"io"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/translate"
)

// ghost is what Courier gives in the place of a message that another client has
// removed since the last command which may tell so (its imapd, fetch.c: a message
// whose file cannot be opened).
var ghost = []byte("From: System Administrator <root@localhost>\r\nSubject: message unavailable\r\n\r\n" +
	"This message is no longer available on the server.\r\n")

// ghostWriter holds back a body as long as it may be a ghost.
type ghostWriter struct {
	w    io.Writer
	held []byte
	real bool
}

func (g *ghostWriter) Write(p []byte) (int, error) {
	if g.real {
		return g.w.Write(p)
	}
	if len(g.held) == 0 && !bytes.HasPrefix(ghost, p[:min(len(p), len(ghost))]) {
		g.real = true
		return g.w.Write(p)
	}
	g.held = append(g.held, p...)
	if bytes.HasPrefix(ghost, g.held) {
		return len(p), nil
	}
	return len(p), g.release()
}

// release lets through what was held back: it is a message after all.
func (g *ghostWriter) release() error {
	g.real = true
	_, err := g.w.Write(g.held)
	return err
}

// whole reports whether the body was a ghost from its first octet to its last.
func (g *ghostWriter) whole() bool { return !g.real && len(g.held) == len(ghost) }

// exorcise asks the server what has been removed, and only then whether the
// message is there: an owner may have kept such a text as a message.
func (m *Mailbox) exorcise(ctx context.Context, msg translate.Message, g *ghostWriter) error {
	found, err := m.present(ctx, goimap.UIDSetNum(msg.UID))
	switch {
	case err != nil:
		return err
	case len(found) == 0:
		return translate.ErrGone
	}
	return g.release()
}
