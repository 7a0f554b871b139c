package imapbox

import (
	"bytes"
	"context"
	"io"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/translate"
)

// placeholder is what Courier gives in the place of a message that another client has
// removed since the last command which may tell so (its imapd, fetch.c: a message
// whose file cannot be opened). popbridge's own text for a message that no server can
// give is translate.Notice.
var placeholder = []byte("From: System Administrator <root@localhost>\r\nSubject: message unavailable\r\n\r\n" +
	"This message is no longer available on the server.\r\n")

// placeholderWriter holds back a body as long as it may be a placeholder.
type placeholderWriter struct {
	w    io.Writer
	held []byte
	real bool
}

func (g *placeholderWriter) Write(p []byte) (int, error) {
	if g.real {
		return g.w.Write(p)
	}
	if len(g.held) == 0 && !bytes.HasPrefix(placeholder, p[:min(len(p), len(placeholder))]) {
		g.real = true
		return g.w.Write(p)
	}
	g.held = append(g.held, p...)
	if bytes.HasPrefix(placeholder, g.held) {
		return len(p), nil
	}
	return len(p), g.release()
}

// release lets through what was held back: it is a message after all.
func (g *placeholderWriter) release() error {
	g.real = true
	_, err := g.w.Write(g.held)
	return err
}

// whole reports whether the body was a placeholder from its first octet to its last.
func (g *placeholderWriter) whole() bool { return !g.real && len(g.held) == len(placeholder) }

// confirmGone asks the server what has been removed, and only then whether the
// message is there: an owner may have kept such a text as a message.
func (m *Mailbox) confirmGone(ctx context.Context, msg translate.Message, g *placeholderWriter) error {
	found, err := m.present(ctx, goimap.UIDSetNum(msg.UID))
	switch {
	case err != nil:
		return err
	case len(found) == 0:
		return translate.ErrGone
	}
	return g.release()
}
