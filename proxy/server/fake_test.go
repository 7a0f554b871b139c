package server

import (
	"context"
	"errors"
	"io"
	"iter"
	"maps"
	"strings"
	"sync"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/backend"
	"popbridge/translate"
)

// errUpstream is what the fake upstream says; no device may read it.
var errUpstream = errors.New("secret trouble upstream")

// store is a mailbox and its page behind the two interfaces, with faults on
// demand. A fault is named by the method that fails.
type store struct {
	mu       sync.Mutex
	messages map[imap.UID]string
	faults   map[string]error
	late     bool // Fetch fails behind its first octets, not before
	assigned bool // the UIDs are those of an old server's messages
	calls    map[string]int
	ops      []translate.Op
	hidden   imap.UIDSet
	opened   map[string]int
	closed   map[string]int
	log      []string // Intend, Apply, Record in their order
	key      backend.PageKey
	login    backend.Request
}

func newStore(messages ...string) *store {
	s := &store{
		messages: make(map[imap.UID]string), faults: make(map[string]error), calls: make(map[string]int),
		opened: make(map[string]int), closed: make(map[string]int),
	}
	for i, m := range messages {
		s.messages[imap.UID(i+1)] = m
	}
	return s
}

// backend accepts the one password "secret".
func (s *store) backend() backend.Backend {
	return backend.Backend{
		OpenMailbox: func(_ context.Context, r backend.Request) (backend.Mailbox, error) {
			s.login = r
			if r.Password.Reveal() != "secret" {
				return nil, translate.BadCredentials(errUpstream)
			}
			if err := s.call("OpenMailbox"); err != nil {
				return nil, err
			}
			s.opened["mailbox"]++
			return fakeMailbox{nil, s}, nil
		},
		OpenPage: func(_ context.Context, k backend.PageKey) (backend.Page, error) {
			s.key = k
			if err := s.call("OpenPage"); err != nil {
				return nil, err
			}
			s.opened["page"]++
			return fakePage{nil, s}, nil
		},
	}
}

func (s *store) call(method string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[method]++
	s.log = append(s.log, method)
	return s.faults[method]
}

// fail makes a method fail from now on; a nil error mends it.
func (s *store) fail(method string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[method] = err
}

// state gives a copy of what tests look at while a session may run.
func (s *store) state() (ops []translate.Op, closed map[string]int, log []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]translate.Op(nil), s.ops...), maps.Clone(s.closed), append([]string(nil), s.log...)
}

// called counts the calls of a method; sessions that are ending may still make some.
func (s *store) called(method string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[method]
}

// fakeMailbox embeds the interface for what no test here lets a session call.
type fakeMailbox struct {
	backend.Mailbox
	*store
}

func (fakeMailbox) Server() translate.Server {
	return translate.Server{Caps: imap.CapSet{imap.CapMove: {}, imap.CapUIDPlus: {}}, Mailbox: "INBOX", Trash: "Trash", Archive: "Archive"}
}

func (m fakeMailbox) List(context.Context, translate.Listing) (translate.Listing, error) {
	l := translate.Listing{UIDValidity: 7, UIDNext: imap.UID(len(m.messages) + 1), Assigned: m.assigned}
	for uid := imap.UID(1); uid < l.UIDNext; uid++ {
		l.Entries = append(l.Entries, translate.Entry{UID: uid, Size: int64(len(m.messages[uid]))})
	}
	return l, m.call("List")
}

func (m fakeMailbox) Fetch(_ context.Context, msg translate.Message, _ iter.Seq[translate.Message], w io.Writer) error {
	err, message := m.call("Fetch"), m.messages[msg.UID]
	m.mu.Lock()
	late := m.late
	m.mu.Unlock()
	if err != nil && !late {
		return err
	}
	if err != nil {
		message = strings.Repeat("x", 20<<10) // more than waits in a buffer
	}
	if _, werr := io.WriteString(w, message); werr != nil {
		return werr
	}
	return err
}

func (m fakeMailbox) Unreadable(context.Context, translate.Message, iter.Seq[translate.Message]) (n translate.Notice, unreadable bool) {
	return n, false
}

func (m fakeMailbox) FetchTop(ctx context.Context, msg translate.Message, _ int, next iter.Seq[translate.Message], w io.Writer) error {
	return m.Fetch(ctx, msg, next, w)
}

func (m fakeMailbox) Prepare(_ context.Context, ops []translate.Op) ([]translate.Op, error) {
	return ops, m.call("Prepare")
}

func (m fakeMailbox) Apply(_ context.Context, ops []translate.Op) (translate.Outcome, error) {
	err := m.call("Apply")
	if err == nil {
		m.mu.Lock()
		m.ops = append(m.ops, ops...)
		m.mu.Unlock()
	}
	return translate.Outcome{}, err
}

func (m fakeMailbox) Identify(_ context.Context, uids imap.UIDSet, each func(translate.Description)) error {
	for uid := range m.messages {
		if uids.Contains(uid) {
			each(translate.Description{UID: uid})
		}
	}
	return m.call("Identify")
}

func (fakeMailbox) Rest() {}

func (m fakeMailbox) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed["mailbox"]++
	return nil
}

// fakePage is a page that outlasts no restart, like the ledger in memory.
type fakePage struct {
	backend.Page
	*store
}

func (fakePage) Listing() translate.Listing { return translate.Listing{} }

func (p fakePage) Known(ctx context.Context, validity uint32) (backend.State, error) {
	return backend.State{Known: translate.Known{UIDValidity: validity}}, p.call("Known")
}

func (fakePage) Previous(context.Context, uint32) (*translate.PreviousMailbox, error) {
	return nil, nil
}
func (fakePage) Gone(context.Context, []imap.UID) ([]translate.Remembered, error) { return nil, nil }
func (fakePage) Durable() bool                                                    { return false }
func (fakePage) Active()                                                          {}
func (p fakePage) Intend(context.Context, translate.Intent) error                 { return p.call("Intend") }
func (p fakePage) IntendAll(context.Context, map[string]translate.Intent) error {
	return p.call("Intend")
}

func (p fakePage) Record(ctx context.Context, f translate.Facts) error {
	err := ctx.Err() // the ledger writes for nobody who has gone
	if err == nil {
		err = p.call("Record")
	}
	if err == nil {
		p.mu.Lock()
		p.hidden = append(p.hidden, f.Hide...)
		p.mu.Unlock()
	}
	return err
}

func (p fakePage) Login(ctx context.Context, f translate.Facts) error  { return p.Record(ctx, f) }
func (p fakePage) Settle(ctx context.Context, f translate.Facts) error { return p.Record(ctx, f) }

func (p fakePage) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed["page"]++
	p.log = append(p.log, "Close")
	return nil
}
