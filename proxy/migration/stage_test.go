package migration_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/ledger"
	"popbridge/proxy/migration"
	"popbridge/translate"
)

var errUsed = errors.New("a migration does nothing of the kind")

// server is an upstream with one mailbox.
type server struct {
	validity   uint32
	messages   []string // by UID - 1; empty: it is gone
	ids        []string // unique-ids, on an old server
	assigned   bool     // its UIDs are given by us
	refuses    error
	unreadable map[imap.UID]bool // messages that cannot be read

	opened, headers, bodies int
}

func (s *server) listing() *translate.Listing {
	l := &translate.Listing{Assigned: s.assigned, UIDValidity: s.validity, UIDNext: imap.UID(len(s.messages) + 1)}
	for i, text := range s.messages {
		if text == "" {
			continue
		}
		e := translate.Entry{UID: imap.UID(i + 1), Size: int64(len(text))}
		if s.ids != nil {
			e.UniqueID = s.ids[i]
		}
		l.Entries = append(l.Entries, e)
	}
	return l
}

// mailbox reads a server. It never changes anything there.
type mailbox struct{ *server }

func (m mailbox) Server() translate.Server { return translate.Server{} }
func (m mailbox) Doubt()                   {}
func (m mailbox) Rest()                    {}
func (m mailbox) Close() error             { return nil }

func (m mailbox) List(context.Context, translate.Listing) (translate.Listing, error) {
	return *m.listing(), nil
}

func (m mailbox) Describe(_ context.Context, uids imap.UIDSet, each func(translate.Description)) error {
	for _, uid := range translate.Members(uids) {
		if m.unreadable[uid] {
			return errors.New("the connection was lost")
		}
		m.headers++
		each(translate.Description{UID: uid, Print: translate.PrintHeader([]byte(m.messages[uid-1]))})
	}
	return nil
}

func (m mailbox) Identify(ctx context.Context, uids imap.UIDSet, each func(translate.Description)) error {
	return m.Describe(ctx, uids, each)
}

func (m mailbox) Fetch(_ context.Context, msg translate.Message, _ iter.Seq[translate.Message], w io.Writer) error {
	text := m.messages[msg.UID-1]
	if m.unreadable[msg.UID] || text == "" {
		return translate.ErrGone
	}
	if msg.Octets != int64(len(text)) {
		return fmt.Errorf("message %d has %d octets, and is asked for with %d", msg.UID, len(text), msg.Octets)
	}
	m.bodies++
	_, err := io.WriteString(w, text)
	return err
}

func (m mailbox) Unreadable(context.Context, translate.Message, iter.Seq[translate.Message]) (n translate.Notice, unreadable bool) {
	return n, false
}

func (m mailbox) FetchTop(context.Context, translate.Message, int, iter.Seq[translate.Message], io.Writer) error {
	return errUsed
}
func (m mailbox) Prepare(context.Context, []translate.Op) ([]translate.Op, error) {
	return nil, errUsed
}
func (m mailbox) Apply(context.Context, []translate.Op) (translate.Outcome, error) {
	return translate.Outcome{}, errUsed
}
func (m mailbox) Since(context.Context, time.Time) (imap.UIDSet, error) { return nil, errUsed }
func (m mailbox) Seek(context.Context, translate.Search) (imap.UIDSet, error) {
	return nil, errUsed
}

// stage is a site with an old and a new server, and a ledger.
type stage struct {
	*migration.Site
	old, fresh *server
	store      *ledger.Store
	alice      migration.Account
}

func newStage(t *testing.T) *stage {
	t.Helper()
	store, err := ledger.Open(t.Context(), ledger.Options{Driver: ledger.DriverMemory, Serve: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	s := &stage{
		old: &server{validity: 1, ids: []string{}}, fresh: &server{validity: 7}, store: store,
		alice: migration.Account{Name: "alice@example.org", Password: configs.NewSecret("secret")},
	}
	s.Site = &migration.Site{
		Config: &configs.Config{
			Upstream: map[string]configs.Upstream{"old": {Name: "old"}, "new": {Name: "new"}},
			Maildrop: map[string]configs.Maildrop{"default": {Name: "default", Mailbox: configs.Mailboxes{"INBOX"}}},
			Route:    []configs.Route{{Upstream: "old", Maildrop: "default"}},
		},
		OpenMailbox: func(_ context.Context, r backend.Request) (backend.Mailbox, error) {
			on := map[string]*server{"old": s.old, "new": s.fresh}[r.Upstream.Name]
			if on.refuses != nil {
				return nil, on.refuses
			}
			on.opened++
			return mailbox{on}, nil
		},
		Ledger: store, Log: hclog.NewNullLogger(),
	}
	return s
}

// put adds messages to a server.
func (s *server) put(texts ...string) {
	for _, text := range texts {
		s.messages = append(s.messages, text)
		if s.ids != nil {
			s.ids = append(s.ids, fmt.Sprint("old.", len(s.ids)+1))
		}
	}
}

// remember has the ledger know the old server's list.
func (s *stage) remember(t *testing.T) {
	t.Helper()
	box, err := s.Where(t.Context(), "old", s.alice.Name)
	if err != nil {
		t.Fatal(err)
	}
	i, err := s.store.Mailboxes.LoadInventory(t.Context(), box)
	if err == nil {
		_, err = s.store.Mailboxes.SaveInventory(t.Context(), i, translate.MailboxFacts{UIDValidity: s.old.validity, Listing: s.old.listing()})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// letter is a message of its own; a length of 0 makes all of one.
func letter(number, length int) string {
	return fmt.Sprintf("Message-ID: <%d@example.org>\r\nDate: day %06d\r\n\r\n%0*d\r\n", number, number, length, number)
}
