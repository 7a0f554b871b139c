package imap

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	goimap "github.com/emersion/go-imap/v2"
)

// maxDrain is how many octets of a body that nobody wants are read to keep the connection.
const maxDrain = 64 << 10

// errTaken says that a body has been copied, or given up, before.
var errTaken = errors.New("imap: the body has been taken")

// Section is a part of a message. Specifier is "" for all of it, or "HEADER", "TEXT", "1.MIME" and the like (RFC 3501 §6.4.5).
// Offset and Length cut out octets; Length 0 goes to the end, where Offset must be 0. Servers that give more than Length exist (Exchange).
type Section struct {
	Specifier      string
	Offset, Length int64
}

// bodyState is how far a body's data has come. Whether its command has been answered is another matter.
type bodyState int

const (
	bodyAsked bodyState = iota // nothing has come
	bodyOpen                   // its literal is next on the wire
	bodyHeld                   // it is in memory
	bodyTaken                  // it has been handed out, or dropped
)

// Body is a body that has been asked for.
type Body struct {
	c       *Conn
	cmd     *command
	uid     goimap.UID
	section string // in upper case
	partial bool
	offset  int64
	length  int64

	state   bodyState
	turn    int // how many bodies had begun on the connection when this one had
	size    int64
	held    []byte
	dropped bool // nobody wants it any more
	other   bool // another part of it has come
}

// StartBody asks for one body; see StartBodies.
func (c *Conn) StartBody(ctx context.Context, uid goimap.UID, s Section) (*Body, error) {
	bodies, err := c.StartBodies(ctx, []goimap.UID{uid}, s)
	if err != nil {
		return nil, err
	}
	return bodies[0], nil
}

// StartBodies asks for the same section of several messages by one command, without setting \Seen, and returns as soon as it is sent: several
// may be in flight. They are best copied in the order of their UIDs, in which servers answer. Each must be copied, discarded or dropped.
func (c *Conn) StartBodies(ctx context.Context, uids []goimap.UID, s Section) ([]*Body, error) {
	leave, err := c.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	var set ranges
	for _, uid := range uids {
		if uid == 0 {
			return nil, errors.New("imap: there is no UID 0")
		}
		set.add(uint32(uid), uint32(uid))
	}
	texts := setTexts(set.sorted())
	if len(texts) != 1 || s.Offset < 0 || s.Length < 0 || s.Length == 0 && s.Offset > 0 {
		return nil, fmt.Errorf("imap: no such section or too many: %d messages, offset %d, length %d", len(uids), s.Offset, s.Length)
	}
	l := c.command("UID FETCH").raw(" ").raw(texts[0]).raw(" (UID BODY.PEEK[")
	section := strings.ToUpper(s.Specifier)
	if section != "" {
		l.atom("section", "", section)
	}
	l.raw("]")
	if s.Length > 0 {
		l.raw("<" + strconv.FormatInt(s.Offset, 10) + "." + strconv.FormatInt(s.Length, 10) + ">")
	}
	l.raw(")")
	cmd, err := c.send(l)
	if err != nil {
		return nil, err
	}
	all := make([]Body, len(uids))
	bodies := make([]*Body, len(uids))
	for i, uid := range uids {
		all[i] = Body{c: c, cmd: cmd, uid: uid, section: section, size: -1, partial: s.Length > 0, offset: s.Offset, length: s.Length}
		bodies[i] = &all[i]
	}
	cmd.bodies = append(cmd.bodies, bodies...)
	return bodies, nil
}

// arrive steps until the data has begun to come.
func (b *Body) arrive() error {
	for b.state == bodyAsked && !b.cmd.done {
		if err := b.c.step(b); err != nil {
			return err
		}
	}
	switch {
	case b.state != bodyAsked:
		return nil
	case b.cmd.err != nil:
		return b.cmd.err
	case b.other:
		return ErrOtherPart
	default:
		return ErrNoBody
	}
}

// CopyTo writes the body to w and gives how many octets were written. The error is nil only if these are all that the server has announced, their
// response has ended, and the server has confirmed it as the package comment says. ErrNoBody: there is no such message any more, or no such section. *WriterError: w failed;
// Discard then decides about the connection. *StatusError: the server refused, perhaps behind the data. The time that w takes counts against no timeout.
func (b *Body) CopyTo(ctx context.Context, w io.Writer) (int64, error) {
	leave, err := b.c.enter(ctx)
	if err != nil {
		return 0, err
	}
	defer leave()
	if err := b.arrive(); err != nil {
		return 0, err
	}
	var n int64
	switch b.state {
	case bodyOpen:
		n, err = b.c.stream(b, w)
	case bodyHeld:
		n, err = b.writeHeld(w)
	default:
		return 0, errTaken
	}
	if err != nil {
		return n, err
	}
	b.c.limit()
	return n, b.c.confirm(b)
}

// Discard gives the body up. If at most 64 KB of it are still to come they are read and the connection stays usable; if
// more, the connection is broken and the error says so.
func (b *Body) Discard(ctx context.Context) error {
	if err := b.c.Err(); err != nil {
		return err
	}
	b.Drop()
	if b.state == bodyTaken || b.cmd.done {
		return nil
	}
	leave, err := b.c.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	for b.state != bodyTaken && !b.cmd.done {
		if err := b.c.step(nil); err != nil {
			return err
		}
	}
	return nil
}

// Drop says that nobody wants the body any more. It waits for nothing: what comes of it is read past when the connection is used next.
func (b *Body) Drop() {
	b.release()
	b.dropped = true
}

// release frees what is held of the body.
func (b *Body) release() {
	if b.state == bodyHeld {
		b.c.held -= int64(len(b.held))
		b.held = nil
		b.state = bodyTaken
	}
}

func (b *Body) writeHeld(w io.Writer) (int64, error) {
	data := b.held
	b.release()
	n, err := w.Write(data)
	if err == nil && n < len(data) {
		err = io.ErrShortWrite
	}
	if err != nil {
		return int64(n), &WriterError{err}
	}
	return int64(n), nil
}
