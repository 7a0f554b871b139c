package ledger

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/backend"
	"popbridge/translate"
)

// Page is one device's page of the ledger, locked for one session. Its methods
// may be called by several goroutines, and after Close, when they fail.
type Page struct {
	store *Store
	key   backend.PageKey
	scope string // what the lock protects, empty for no lock
	fence int64

	active    atomic.Int64 // reading of the Store's clock at the last sign of life
	displaced atomic.Bool

	mu     sync.Mutex // held through every transaction of this page
	closed bool
	shelf  shelf     // the mailbox upstream
	leaf   leaf      // the account's maildrop, and this device
	read   bool      // leaf has been read
	shown  int64     // the interrupted intent that Known gave, 0 for none
	own    bool      // this session has an intent of its own
	wrote  int64     // revision of the snapshot that holds this session's own listing, 0 for none
	snap   *snapshot // of shelf's newest UIDVALIDITY, never nil
}

// OpenPage takes the lock and gives the page. A lock whose session has been
// silent for Key.Takeover is taken over; a held one is a translate.InUse
// refusal. A database that does not answer is a translate.Temporary one.
func (s *Store) OpenPage(ctx context.Context, k backend.PageKey) (*Page, error) {
	if !s.serve {
		return nil, errors.New("the ledger was opened for a command, which holds no locks")
	}
	k.Account, k.Device, k.Maildrop = name(k.Account), name(k.Device), name(k.Maildrop)
	k.Upstream, k.Login, k.Mailbox = name(k.Upstream), name(k.Login), name(k.Mailbox)
	p := &Page{store: s, key: k, scope: lockScope(k)}
	p.Active()
	if err := ctx.Err(); err != nil {
		return nil, translate.Temporary(err) // the login's time is over already
	}
	if s.db.file != nil {
		if err := s.db.file.check(); err != nil {
			return nil, s.unavailable(err)
		}
	}
	if err := s.locks.take(ctx, p); err != nil {
		return nil, s.unavailable(err)
	}
	if err := p.readShelf(ctx); err != nil {
		s.locks.free(p)
		return nil, s.unavailable(err)
	}
	s.available()
	return p, nil
}

// readShelf reads what is remembered of the mailbox. A damaged listing is as
// good as none: the mailbox is listed anew, and nothing that a device sees
// depends on the old one.
func (p *Page) readShelf(ctx context.Context) (err error) {
	if p.shelf, err = readShelf(ctx, p.store.db.view(), p.key); err != nil {
		return err
	}
	p.snap, err = p.store.snapshot(ctx, p.store.db.view(), p.shelf)
	if isDamage(err) {
		p.store.log("warn", "a remembered listing is damaged; the mailbox is listed anew", "account", p.key.Account, "cause", err)
		// Its UIDVALIDITY tells whoever gave the UIDs that they were lost.
		p.snap, err = &snapshot{id: p.shelf.snapshot, revision: p.shelf.revision, listing: translate.Listing{UIDValidity: p.shelf.validity}}, nil
	}
	return err
}

// Refresh reads again what other sessions may have written.
func (p *Page) Refresh() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	ctx, cancel := bounded()
	defer cancel()
	err := p.readShelf(ctx)
	if err == nil {
		err = p.readLeaf(ctx, p.store.db.view())
	}
	return p.store.unavailable(err)
}

// Active is a sign of life: the lock may be taken over when there has been none
// for Key.Takeover. It costs one store to memory.
func (p *Page) Active() { p.active.Store(int64(p.store.clock())) }

// Listing is what the mailbox held when any session last listed it, the zero
// Listing for nothing. It is shared: it must not be changed.
func (p *Page) Listing() translate.Listing {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.snap.listing
	l.Revision = p.snap.revision
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

// Close releases the lock. It may be called twice.
func (p *Page) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		p.closed = true
		p.store.locks.free(p)
	}
	return nil
}

// bounded is the context of what a page asks of the database.
func bounded() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), patience)
}

// Known is what is remembered for this device of the mailbox under a
// UIDVALIDITY. Its maps are shared: they must not be changed.
func (p *Page) Known(validity uint32) (translate.Known, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	ctx, cancel := bounded()
	defer cancel()
	known, err := steady(ctx, func() (translate.Known, error) { return p.known(ctx, validity) })
	return known, p.store.unavailable(err)
}

func (p *Page) known(ctx context.Context, validity uint32) (known translate.Known, err error) {
	c := p.store.db.view()
	if err := p.readBoth(ctx, c); err != nil {
		return known, err
	}
	l := p.leaf
	known = translate.Known{UIDValidity: validity, NewDevice: !l.device, DeviceKnown: l.added, AcceptNewIDs: l.accept}
	if p.snap.listing.UIDValidity == validity {
		known.Octets = p.snap.measured
	}
	if l.boundTo(p.shelf.mailbox, validity) {
		if known.Formats, err = decodeFormats(l.formats); err != nil {
			return known, err
		}
		if known.Hidden, err = p.store.hidden(l); err != nil {
			return known, err
		}
		if known.UniqueIDs, err = p.store.pins(ctx, c, l); err != nil {
			return known, err
		}
		if known.Order, err = p.store.order(ctx, c, l); err != nil {
			return known, err
		}
	}
	if l.intents {
		known.Intent, err = p.interrupted(ctx, c, validity)
	}
	return known, err
}

// readBoth reads the page's rows anew, and the mailbox's where they do not go
// together. The page's come first: whoever binds a page has made its mailbox's row
// before. The other way round a mailbox that another session has made between the
// two would look like one that the page was moved away from. The listing stays the
// one that this session has begun with.
func (p *Page) readBoth(ctx context.Context, c statements) error {
	if err := p.readLeaf(ctx, c); err != nil {
		return err
	}
	if p.shelf.mailbox != 0 && (p.leaf.mailbox == 0 || p.leaf.mailbox == p.shelf.mailbox) {
		return nil
	}
	box, err := readShelf(ctx, c, p.key)
	if err == nil {
		p.shelf = box
	}
	return err
}

// hidden gives a device's set, decoded once for each revision.
func (s *Store) hidden(l leaf) (map[imap.UID]struct{}, error) {
	key := hiddenKey{l.page, l.name}
	if set, ok := s.cache.get(key, l.deviceRevision).(map[imap.UID]struct{}); ok {
		return set, nil
	}
	set, err := decodeUIDs(l.hidden)
	if err == nil && len(set) > 0 {
		s.cache.put(key, l.deviceRevision, set, uidOctets*len(set))
	}
	return set, err
}

type hiddenKey struct {
	page   int64
	device string
}

// pins gives a page's pinned unique-ids, decoded once for each revision.
func (s *Store) pins(ctx context.Context, c statements, l leaf) (map[imap.UID]string, error) {
	if l.page == 0 {
		return nil, nil
	}
	if pins, ok := s.cache.get(pinsKey(l.page), l.revision).(map[imap.UID]string); ok {
		return pins, nil
	}
	pins, err := pinTable.load(ctx, s, c, l.page, l.revision)
	if err == nil {
		s.cache.put(pinsKey(l.page), l.revision, pins, pinOctets(pins))
	}
	return pins, err
}

type pinsKey int64

// order gives the remembered places of a page's messages, decoded once for each
// revision.
func (s *Store) order(ctx context.Context, c statements, l leaf) (map[imap.UID]int, error) {
	if !l.ordered {
		return nil, nil
	}
	if order, ok := s.cache.get(orderKey(l.page), l.revision).(map[imap.UID]int); ok {
		return order, nil
	}
	order, err := orderTable.load(ctx, s, c, l.page, l.revision)
	if err == nil {
		s.cache.put(orderKey(l.page), l.revision, order, placeOctets*len(order))
	}
	return order, err
}

type orderKey int64

// loginInterval is how often a device's last login is written down.
const loginInterval = time.Hour
