package maildrop

import (
	"context"
	"errors"
	"net/netip"

	"github.com/emersion/go-imap/v2"
	"github.com/hashicorp/go-hclog"

	"popbridge/proxy/backend"
	"popbridge/proxy/route"
	"popbridge/translate"
)

// Request says what is to be opened.
type Request struct {
	Backend      backend.Backend
	Target       route.Target
	Mailbox      backend.Mailbox // logged in; Open takes it over
	KnownDevices bool            // a device that is not known is refused (login.devices = "known")
	Session      string          // as the log calls it
	Client       netip.Addr
	Displaced    func() // called from another goroutine when a new login has taken the lock over
	Log          hclog.Logger
}

// Maildrop is an open maildrop. It is used by one goroutine, but for Active. The
// frozen view of its messages and their marks is the embedded one's.
type Maildrop struct {
	*translate.Merged
	Request
	page    backend.Page               // the lock; also that of the first mailbox, where it is shown
	parts   []*part                    // a part for each mailbox
	notices map[place]translate.Notice // of messages for which a placeholder stands
	arrived *arrivals                  // nil: nothing was missed yet
	durable bool                       // the ledger outlives the process
}

// part is one of the mailboxes that a maildrop shows, while that is open.
type part struct {
	Request // with this mailbox
	page    backend.Page
	name    string // as the ledger and the log call it
	beside  bool   // it is not the maildrop's first mailbox
	several bool   // there are others

	listing translate.Listing
	before  translate.Listing // as it was remembered
	fresh   []translate.Entry // devices have not seen them here yet
	known   backend.State
	facts   translate.Facts // what its login is to record
	drop    *translate.Maildrop
	next    imap.UID   // the mailbox's UIDNEXT at login
	unkeyed []imap.UID // whose content is to be learned when the device has gone
}

// besideName names the part's page, as that of the maildrop knows it.
func (m *part) besideName() string {
	if m.beside {
		return m.name
	}
	return ""
}

// place is a message in one of the mailboxes.
type place struct {
	mailbox int
	uid     imap.UID
}

// Open takes the maildrop's lock, lists its mailboxes, and makes a maildrop of them. Its
// error says what the device may be told; then nothing stays open.
func Open(ctx context.Context, r Request) (*Maildrop, error) {
	m := &Maildrop{Request: r}
	if err := m.open(ctx); err != nil {
		m.Close()
		return nil, err
	}
	return m, nil
}

func (m *Maildrop) open(ctx context.Context) (err error) {
	if m.page, err = m.Backend.OpenPage(ctx, m.key()); err != nil {
		return err
	}
	m.durable = m.page.Durable()
	if err := m.openParts(ctx); err != nil {
		return err
	}
	return m.prepare(ctx)
}

// openParts opens the page of every mailbox that is shown.
func (m *Maildrop) openParts(ctx context.Context) error {
	shown := []backend.Shown{{Name: m.Target.Maildrop.Mailbox.First(), Mailbox: m.Mailbox}}
	first := true
	if several, ok := m.Mailbox.(backend.Several); ok && m.Target.Maildrop.Mailbox.Several() {
		shown, first = several.Shown()
	}
	for i, s := range shown {
		p := &part{Request: m.Request, page: m.page, name: s.Name, beside: i > 0 || !first, several: m.Target.Maildrop.Mailbox.Several()}
		p.Mailbox = s.Mailbox
		if p.beside {
			var err error
			if p.page, err = m.page.Beside(ctx, s.Name); err != nil {
				return temporary(err)
			}
		}
		m.parts = append(m.parts, p)
	}
	return nil
}

// key says whose page it is.
func (r Request) key() backend.PageKey {
	t := r.Target
	return backend.PageKey{
		Account: t.Account, Device: t.Device, Maildrop: t.Key.Name, Upstream: t.Upstream.Name, Login: t.UpstreamLogin, Mailbox: t.Maildrop.Mailbox.First(),
		Session: r.Session, Client: r.Client.String(), Lock: t.Maildrop.Lock, Takeover: t.Maildrop.LockTakeover, Displaced: r.Displaced,
	}
}

// Active says that the session lives: lock_takeover counts from here.
func (m *Maildrop) Active() {
	if m.page != nil {
		m.page.Active()
	}
}

// Idle lets go of what is held upstream, for a silent device.
func (m *Maildrop) Idle() {
	for _, p := range m.parts {
		p.Mailbox.Rest()
	}
}

// temporary makes a Refusal of an error of the ledger; nil stays nil.
func temporary(err error) error {
	if err == nil {
		return nil
	}
	return translate.Refuse(err)
}

var errMoving = errors.New("messages are moved between mailboxes faster than they can be listed; the next login may be luckier")

var errRemapping = errors.New("the mailbox has got new UIDs, and finding its messages again takes longer than a login may; what was found is kept, and the next login goes on")
