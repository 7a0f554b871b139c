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
	*translate.Maildrop
	Request
	page    backend.Page
	notices map[imap.UID]translate.Notice // of messages for which a placeholder stands
	next    imap.UID                      // the mailbox's UIDNEXT at login
	durable bool                          // the ledger outlives the process
	unkeyed []imap.UID                    // whose content is to be learned when the device has gone
}

// Open takes the maildrop's lock, lists the mailbox, and makes a maildrop of it. Its
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
	return m.prepare(ctx)
}

// key says whose page it is.
func (m *Maildrop) key() backend.PageKey {
	t := m.Target
	return backend.PageKey{
		Account: t.Account, Device: t.Device, Maildrop: t.Key.Name, Upstream: t.Upstream.Name, Login: t.UpstreamLogin, Mailbox: t.Maildrop.Mailbox.First(),
		Session: m.Session, Client: m.Client.String(), Lock: t.Maildrop.Lock, Takeover: t.Maildrop.LockTakeover, Displaced: m.Displaced,
	}
}

// Active says that the session lives: lock_takeover counts from here.
func (m *Maildrop) Active() {
	if m.page != nil {
		m.page.Active()
	}
}

// Idle lets go of what is held upstream, for a silent device.
func (m *Maildrop) Idle() { m.Mailbox.Rest() }

// temporary makes a Refusal of an error of the ledger; nil stays nil.
func temporary(err error) error {
	if err == nil {
		return nil
	}
	return translate.Refuse(err)
}

var errRemapping = errors.New("the mailbox has got new UIDs, and finding its messages again takes longer than a login may; what was found is kept, and the next login goes on")
