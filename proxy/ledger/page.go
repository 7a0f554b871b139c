package ledger

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"popbridge/proxy/backend"
	"popbridge/proxy/ledger/database"
	"popbridge/proxy/ledger/mailboxes"
	"popbridge/translate"
)

// Page is one device's page of the ledger, locked for one session. Its methods
// may be called by several goroutines, and after Close, when they fail.
type Page struct {
	store *Store
	key   backend.PageKey
	*hold
	beside bool             // it has the lock of another; see Beside
	others map[string]*Page // beside it, by mailbox

	// mailbox is what is remembered of the one upstream, row the account's maildrop
	// with this device.
	mailbox *mailboxes.Mailbox
	row     pageRow
	read    bool      // row has been read
	opened  *opened   // what was read with the lock, until it is used; nil: nothing
	unseen  bool      // the mailbox that Known was asked for was not the page's own then
	from    *identity // what Previous or Gone has told of, nil for nothing
	shown   int64     // the interrupted intent that Known gave, 0 for none
	own     bool      // this session has an intent of its own
}

// identity is what a page is served from.
type identity struct {
	mailbox  int64
	validity uint32
}

// opened is what a login reads, as it was in one moment behind the taking of the lock.
type opened struct {
	box  mailboxes.Row
	page pageRow
}

// hold is a session's lock, which all of its pages share.
type hold struct {
	scope string // what the lock protects, empty for no lock
	fence int64

	active    atomic.Int64 // reading of the Store's clock at the last sign of life
	displaced atomic.Bool

	mu     sync.Mutex // held through every transaction of these pages
	closed bool
}

// OpenPage takes the lock and gives the page. A lock whose session has been
// silent for Key.Takeover is taken over; a held one is a translate.InUse
// refusal. A database that does not answer is a translate.Temporary one.
func (s *Store) OpenPage(ctx context.Context, k backend.PageKey) (*Page, error) {
	if !s.serve {
		return nil, errors.New("the ledger was opened for a command, which holds no locks")
	}
	k.Account, k.Device, k.Maildrop = database.Name(k.Account), database.Name(k.Device), database.Name(k.Maildrop)
	p := &Page{store: s, key: k, hold: &hold{scope: lockScope(k)}}
	p.Active()
	if err := ctx.Err(); err != nil {
		return nil, translate.Temporary(err) // the login's time is over already
	}
	if err := s.db.Check(); err != nil {
		return nil, s.db.Refusal(err)
	}
	if err := s.locks.take(ctx, p); err != nil {
		return nil, s.db.Refusal(err)
	}
	if err := p.readMailbox(ctx); err != nil {
		s.locks.free(p)
		return nil, s.db.Refusal(err)
	}
	s.db.Answered()
	return p, nil
}

// box is the mailbox that the page is served from.
func (p *Page) box() translate.Box {
	return translate.Box{Upstream: p.key.Upstream, Login: p.key.Login, Mailbox: p.key.Mailbox}
}

func (p *Page) readMailbox(ctx context.Context) (err error) {
	if p.opened != nil {
		p.mailbox, err = p.store.Mailboxes.ReadAt(ctx, p.key.Account, p.box(), p.opened.box)
		return err
	}
	p.mailbox, err = p.store.Mailboxes.Read(ctx, p.key.Account, p.box())
	return err
}

// Refresh reads again what other sessions may have written.
func (p *Page) Refresh(ctx context.Context) error {
	return p.ask(ctx, func(ctx context.Context) error {
		if err := p.mailbox.Refresh(ctx); err != nil {
			return err
		}
		return p.readRow(ctx)
	})
}

// ask has the page to itself while f asks the database, within the caller's time and
// database.Patience. Its errors are Refusals.
func (p *Page) ask(ctx context.Context, f func(context.Context) error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return translate.Temporary(err) // it was over before, which says nothing about the database
	}
	ctx, cancel := database.Bounded(ctx)
	defer cancel()
	return p.store.db.Refusal(f(ctx))
}

// Active is a sign of life: the lock may be taken over when there has been none
// for Key.Takeover. It costs one store to memory.
func (p *Page) Active() { p.active.Store(int64(p.store.clock())) }

// Listing is what the mailbox held when any session last listed it, the zero
// Listing for nothing. It is shared: it must not be changed.
func (p *Page) Listing() translate.Listing {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.mailbox.Snapshot.Listing
	l.Revision = p.mailbox.Snapshot.Revision
	return l
}

// displace takes the lock away. When it returns, nothing of this session is
// being committed, and nothing will be.
func (p *Page) displace() {
	p.displaced.Store(true)
	p.mu.Lock()
	closed := p.closed
	p.mu.Unlock()
	if !closed && p.key.Displaced != nil {
		p.key.Displaced()
	}
}

// holding fails where the session has lost its lock, or given it up.
func (p *Page) holding() error {
	if p.displaced.Load() || p.closed {
		return translate.InUse(errDisplaced)
	}
	return nil
}

// Close releases the lock. It may be called twice. A page beside another has none of its
// own.
func (p *Page) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed && !p.beside {
		p.closed = true
		p.store.locks.free(p)
	}
	return nil
}
