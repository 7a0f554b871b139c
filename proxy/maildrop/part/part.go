package part

import (
	"net/netip"

	"github.com/emersion/go-imap/v2"
	"github.com/hashicorp/go-hclog"

	"popbridge/proxy/backend"
	"popbridge/proxy/route"
	"popbridge/translate"
)

// Request says what is to be opened, for whom.
type Request struct {
	Backend      backend.Backend
	Target       route.Target
	Mailbox      backend.Mailbox // logged in; whoever opens takes it over
	Locked       backend.Page    // the lock, which is taken over too; nil: it is still to be taken
	KnownDevices bool            // a device that is not known is refused (login.devices = "known")
	Session      string          // as the log calls it
	Client       netip.Addr
	Displaced    func() // called from another goroutine when a new login has taken the lock over
	Log          hclog.Logger
}

// Part is one of the mailboxes that a maildrop shows, while that is open. Like the
// maildrop, it is used by one goroutine.
type Part struct {
	*Request // of the maildrop, but for the mailbox
	Mailbox  backend.Mailbox
	Page     backend.Page
	Name     string // as the ledger and the log call it
	Beside   bool   // it is not the maildrop's first mailbox
	Several  bool   // there are others

	Listing translate.Listing
	Before  translate.Listing // as it was remembered
	Fresh   []translate.Entry // devices have not seen them here yet
	Known   backend.State
	Facts   translate.Facts // what its login is to record
	Drop    *translate.Maildrop
	next    imap.UID   // the mailbox's UIDNEXT at login
	unkeyed []imap.UID // whose content is to be learned when the device has gone
}

// BesideName names the part's page, as that of the maildrop knows it.
func (m *Part) BesideName() string {
	if m.Beside {
		return m.Name
	}
	return ""
}

// Key says whose page it is.
func (r Request) Key() backend.PageKey {
	t := r.Target
	return backend.PageKey{
		Account: t.Account, Device: t.Device, Maildrop: t.Key.Name, Upstream: t.Upstream.Name, Login: t.UpstreamLogin, Mailbox: t.Maildrop.Mailbox.First(),
		Session: r.Session, Client: r.Client.String(), Lock: t.Maildrop.Lock, Expect: t.Expect, Takeover: t.Maildrop.LockTakeover, Displaced: r.Displaced,
	}
}
