package imapbox

import (
	"context"
	"io"
	"time"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/proxy/imap"
	"popbridge/proxy/upstream"
)

// wire is a connection that counts the commands sent on it. It has only what
// this package uses, so that no command goes out without a decision whether it
// counts.
type wire struct {
	conn  *imap.Conn
	tally upstream.Tally
}

func (w wire) count() *imap.Conn {
	w.tally.Add(upstream.Commands, 1)
	return w.conn
}

func (w wire) Err() error            { return w.conn.Err() }
func (w wire) Close() error          { return w.conn.Close() }
func (w wire) Changes() imap.Changes { return w.conn.Changes() }
func (w wire) Late() bool            { return w.conn.Late() }
func (w wire) Generous() bool        { return w.conn.Generous() }
func (w wire) ResetChanges()         { w.conn.ResetChanges() }
func (w wire) Greeting() string      { return w.conn.Greeting() }

func (w wire) Forgo(c goimap.Cap) (restore func()) { return w.conn.Forgo(c) }

func (w wire) Capabilities(ctx context.Context) (goimap.CapSet, error) {
	return w.conn.Capabilities(ctx)
}

func (w wire) Logout(ctx context.Context) error { return w.conn.Logout(ctx) }

func (w wire) Login(ctx context.Context, user, password string) error {
	return w.count().Login(ctx, user, password)
}

func (w wire) LoginQuoted(ctx context.Context, user, password string) error {
	return w.count().LoginQuoted(ctx, user, password)
}

func (w wire) Authenticate(ctx context.Context, mechanism string, initial []byte, next func([]byte) ([]byte, error)) error {
	return w.count().Authenticate(ctx, mechanism, initial, next)
}

func (w wire) ID(ctx context.Context, fields map[string]string) error {
	_, err := w.count().ID(ctx, fields)
	return err
}

func (w wire) Noop(ctx context.Context) error { return w.count().Noop(ctx) }

func (w wire) List(ctx context.Context, reference, pattern string, o imap.ListOptions) ([]imap.Mailbox, error) {
	if o.Namespace != nil {
		w.count() // it is a command of its own, in the same round trip
	}
	return w.count().List(ctx, reference, pattern, o)
}

// Survey counts a command for each mailbox, one for LIST, and one for NOOP.
func (w wire) Survey(ctx context.Context, o imap.SurveyOptions, names []string) ([]imap.Mailbox, []*imap.Status, error) {
	each := 1
	if o.Visit != nil {
		each = 3 // with SELECT and its search
	}
	w.tally.Add(upstream.Commands, int64(each*len(names)))
	for _, asked := range []bool{o.List, o.Noop} {
		if asked {
			w.count()
		}
	}
	return w.conn.Survey(ctx, o, names)
}

func (w wire) Create(ctx context.Context, mailbox string, use goimap.MailboxAttr) error {
	return w.count().Create(ctx, mailbox, use)
}

func (w wire) Status(ctx context.Context, mailbox string) (*imap.Status, error) {
	return w.count().Status(ctx, mailbox)
}

func (w wire) Select(ctx context.Context, mailbox string, o imap.SelectOptions) (*imap.Selected, error) {
	for _, beside := range []bool{o.Search != nil, o.Ahead != nil} {
		if beside {
			w.count() // it is a command of its own, in the same round trip
		}
	}
	return w.count().Select(ctx, mailbox, o)
}

func (w wire) Search(ctx context.Context, criteria string) (goimap.UIDSet, error) {
	return w.count().Search(ctx, criteria)
}

// Append adds a message that is read now.
func (w wire) Append(ctx context.Context, mailbox string, flag goimap.Flag, size int64, r io.Reader) (imap.AppendUID, error) {
	return w.count().Append(ctx, mailbox, []goimap.Flag{flag}, time.Time{}, size, r)
}

// SearchFor is Search for criteria with what came from outside.
func (w wire) SearchFor(ctx context.Context, criteria imap.Criteria) (goimap.UIDSet, error) {
	return w.count().SearchFor(ctx, criteria)
}

func (w wire) Fetch(ctx context.Context, set goimap.UIDSet, items imap.Items, each func(*imap.Message) error) error {
	return w.count().Fetch(ctx, set, items, each)
}

func (w wire) StartBody(ctx context.Context, uid goimap.UID, s imap.Section) (*imap.Body, error) {
	return w.count().StartBody(ctx, uid, s)
}

func (w wire) StartBodies(ctx context.Context, uids []goimap.UID, s imap.Section) ([]*imap.Body, error) {
	return w.count().StartBodies(ctx, uids, s)
}

func (w wire) Settle(ctx context.Context, most int64) error { return w.conn.Settle(ctx, most) }

func (w wire) Store(ctx context.Context, set goimap.UIDSet, flag goimap.Flag) error {
	return w.count().Store(ctx, set, true, flag)
}

// Unstore takes a flag away.
func (w wire) Unstore(ctx context.Context, set goimap.UIDSet, flag goimap.Flag) error {
	return w.count().Store(ctx, set, false, flag)
}

func (w wire) Copy(ctx context.Context, set goimap.UIDSet, mailbox string) (imap.CopyUID, error) {
	return w.count().Copy(ctx, set, mailbox)
}

func (w wire) Move(ctx context.Context, set goimap.UIDSet, mailbox string) (imap.CopyUID, error) {
	return w.count().Move(ctx, set, mailbox)
}

func (w wire) Expunge(ctx context.Context, set goimap.UIDSet) error {
	return w.count().Expunge(ctx, set)
}
