package ledger

import (
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emersion/go-imap/v2"

	"popbridge/translate"
)

// maxRemembered bounds the listings that a Memory keeps, in messages of all
// mailboxes together (about 32 octets each). Beyond it older listings are
// forgotten, which costs a full listing at the next login and nothing else.
const maxRemembered = 2_000_000

// Memory is the ledger of driver "memory": it lasts as long as the process.
type Memory struct {
	mu        sync.Mutex
	locks     map[string]*memoryPage
	mailboxes map[mailboxKey]*memoryMailbox
	hidden    map[deviceKey]*hiddenSet
	total     int // entries in all listings
}

// mailboxKey is what a listing belongs to.
type mailboxKey struct{ upstream, login, mailbox string }

// deviceKey is what a hidden set belongs to.
type deviceKey struct{ account, maildrop, device string }

type memoryMailbox struct {
	listing translate.Listing
	octets  map[imap.UID]int64
	pins    map[imap.UID]string
}

type hiddenSet struct {
	validity uint32
	uids     map[imap.UID]struct{}
}

// NewMemory makes an empty ledger.
func NewMemory() *Memory {
	return &Memory{
		locks:     make(map[string]*memoryPage),
		mailboxes: make(map[mailboxKey]*memoryMailbox),
		hidden:    make(map[deviceKey]*hiddenSet),
	}
}

// memoryPage is one session's hold on its device's page.
type memoryPage struct {
	ledger *Memory
	key    Key
	scope  string
	active atomic.Int64 // Unix nanoseconds of the last sign of life
	lost   bool         // under ledger.mu
}

// Open takes the lock and gives the page. A lock whose session has been silent
// for Takeover is taken over; a held one is a translate.InUse refusal.
func (m *Memory) Open(k Key) (*memoryPage, error) {
	p := &memoryPage{ledger: m, key: k, scope: k.scope()}
	p.Active()
	if p.scope == "" {
		return p, nil
	}
	m.mu.Lock()
	holder := m.locks[p.scope]
	if holder != nil {
		silent := time.Duration(p.active.Load() - holder.active.Load())
		if k.Takeover <= 0 || silent < k.Takeover {
			m.mu.Unlock()
			return nil, translate.InUse(fmt.Errorf("the lock is held by a session that was active %v ago", silent.Round(time.Millisecond)))
		}
		holder.lost = true
	}
	m.locks[p.scope] = p
	m.mu.Unlock()
	if holder != nil && holder.key.Displaced != nil {
		holder.key.Displaced()
	}
	return p, nil
}

// Active is a sign of life.
func (p *memoryPage) Active() { p.active.Store(time.Now().UnixNano()) }

func (p *memoryPage) mailboxKey() mailboxKey {
	return mailboxKey{p.key.Upstream, p.key.Login, p.key.Mailbox}
}

func (p *memoryPage) deviceKey() deviceKey {
	return deviceKey{p.key.Account, p.key.Maildrop, p.key.Device}
}

// Listing is what the mailbox held when any session last listed it.
func (p *memoryPage) Listing() translate.Listing {
	p.ledger.mu.Lock()
	defer p.ledger.mu.Unlock()
	if mb := p.ledger.mailboxes[p.mailboxKey()]; mb != nil {
		return mb.listing
	}
	return translate.Listing{}
}

// Known is what is remembered for this device under a UIDVALIDITY.
func (p *memoryPage) Known(validity uint32) (translate.Known, error) {
	p.ledger.mu.Lock()
	defer p.ledger.mu.Unlock()
	known := translate.Known{UIDValidity: validity}
	if mb := p.ledger.mailboxes[p.mailboxKey()]; mb != nil && mb.listing.UIDValidity == validity {
		known.Octets, known.UniqueIDs = maps.Clone(mb.octets), maps.Clone(mb.pins)
	}
	if h := p.ledger.hidden[p.deviceKey()]; h != nil && h.validity == validity {
		known.Hidden = maps.Clone(h.uids)
	}
	return known, nil
}

// Previous is nil: what a Memory knows ends with its UIDVALIDITY.
func (p *memoryPage) Previous(uint32) ([]translate.Remembered, error) { return nil, nil }

// Gone is nil: a Memory learns no content keys.
func (p *memoryPage) Gone([]imap.UID) ([]translate.Remembered, error) { return nil, nil }

// Relink has nothing to do where nothing was remembered.
func (p *memoryPage) Relink(uint32, []translate.Link, []translate.Span) error { return nil }

// Unkeyed is nil: a Memory learns no content keys.
func (p *memoryPage) Unkeyed(uint32, int) []imap.UID { return nil }

// Keys is nil: a Memory learns no content keys.
func (p *memoryPage) Keys(uint32) (map[imap.UID]translate.ContentKey, error) { return nil, nil }

// Durable is false.
func (p *memoryPage) Durable() bool { return false }

// Intend fails where the lock is lost; there is nothing to write down, since a
// crash of the process ends this ledger too.
func (p *memoryPage) Intend(translate.Intent) error {
	p.ledger.mu.Lock()
	defer p.ledger.mu.Unlock()
	return p.held()
}

func (p *memoryPage) held() error {
	if p.lost {
		return translate.InUse(errDisplaced)
	}
	return nil
}

// Record keeps what a session has learned.
func (p *memoryPage) Record(f translate.Facts) error {
	m := p.ledger
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := p.held(); err != nil {
		return err
	}
	mb := m.mailboxes[p.mailboxKey()]
	if mb == nil {
		mb = &memoryMailbox{}
		m.mailboxes[p.mailboxKey()] = mb
	}
	if f.Listing != nil {
		m.relist(mb, *f.Listing)
	}
	if mb.listing.UIDValidity == f.UIDValidity {
		addAll(&mb.octets, f.Octets)
		addAll(&mb.pins, f.Pins)
	}
	if len(f.Hide) > 0 {
		m.hide(p.deviceKey(), f)
	}
	return nil
}

func addAll[V any](dst *map[imap.UID]V, src map[imap.UID]V) {
	if *dst == nil && len(src) > 0 {
		*dst = make(map[imap.UID]V, len(src))
	}
	maps.Copy(*dst, src)
}

// relist replaces a mailbox's listing. What belongs to another UIDVALIDITY, or
// to messages that are gone, goes with it.
func (m *Memory) relist(mb *memoryMailbox, l translate.Listing) {
	m.total += len(l.Entries) - len(mb.listing.Entries)
	if l.UIDValidity != mb.listing.UIDValidity {
		mb.octets, mb.pins = nil, nil
	}
	if len(l.Entries) < len(mb.octets)+len(mb.pins) || len(l.Entries) < len(mb.listing.Entries) {
		forget(mb, l)
	}
	mb.listing = l
	for key, other := range m.mailboxes {
		if m.total <= maxRemembered {
			break
		}
		if other != mb {
			m.total -= len(other.listing.Entries)
			delete(m.mailboxes, key)
		}
	}
}

func forget(mb *memoryMailbox, l translate.Listing) {
	there := make(map[imap.UID]struct{}, len(l.Entries))
	for _, e := range l.Entries {
		there[e.UID] = struct{}{}
	}
	maps.DeleteFunc(mb.octets, func(uid imap.UID, _ int64) bool { _, ok := there[uid]; return !ok })
	maps.DeleteFunc(mb.pins, func(uid imap.UID, _ string) bool { _, ok := there[uid]; return !ok })
}

func (m *Memory) hide(key deviceKey, f translate.Facts) {
	h := m.hidden[key]
	if h == nil || h.validity != f.UIDValidity {
		h = &hiddenSet{validity: f.UIDValidity, uids: make(map[imap.UID]struct{})}
		m.hidden[key] = h
	}
	for _, r := range f.Hide {
		for uid := r.Start; ; uid++ {
			h.uids[uid] = struct{}{}
			if uid == r.Stop {
				break
			}
		}
	}
}

// Close releases the lock.
func (p *memoryPage) Close() error {
	p.ledger.mu.Lock()
	defer p.ledger.mu.Unlock()
	if p.scope != "" && p.ledger.locks[p.scope] == p {
		delete(p.ledger.locks, p.scope)
	}
	return nil
}
