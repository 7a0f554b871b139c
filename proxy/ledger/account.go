package ledger

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/ledger/chunks"
	"popbridge/proxy/ledger/database"
	"popbridge/proxy/ledger/mailboxes"
	"popbridge/proxy/ledger/secrets"
	"popbridge/proxy/ledger/watches"
	"popbridge/translate"
)

// AccountDetails is all that the ledger has of an account but its journal.
type AccountDetails struct {
	Name  string
	Pages []PageDetails
	Added []string // devices that an operator has added
	// Passwords are those that devices have of their own.
	Passwords []secrets.KeptPassword
	// Watched are those of which something is expected, or expressly nothing.
	Watched []watches.Device
}

// PageDetails is what is remembered of one maildrop.
type PageDetails struct {
	Maildrop                 string
	Beside                   bool   // of a mailbox that the maildrop shows besides its first
	Upstream, Login, Mailbox string // that it was last served from; empty for never
	UIDValidity              uint32
	UIDNext                  imap.UID
	Messages, Octets         int64       // when the mailbox was last listed
	LeftOut                  imap.UIDSet // messages that listings leave out, so that devices do not see them
	Mismatches               int64       // sizes that were not as the upstream had announced
	Formats                  []translate.Span
	Pinned                   int // unique-ids that cannot be computed
	AcceptNewIDs             bool
	Frozen                   translate.Freeze // why logins are refused, empty where they are not
	FrozenSince              time.Time
	Intents                  int // plans that are being carried out or were interrupted
	Deletions                int // lines of the journal
	Devices                  []Device
}

// Device is one device of a page. First and last login are exact to an hour.
type Device struct {
	Name                  string // empty: the account itself
	FirstLogin, LastLogin time.Time
	Hidden                int
	LeftOut               translate.LeftOut // at its last login, of the whole maildrop
}

// Account gives an account's details, or ErrUnknown.
func (s *Store) Account(ctx context.Context, account string) (AccountDetails, error) {
	d := AccountDetails{Name: account}
	err := s.describe(ctx, &d)
	if err == nil && len(d.Pages) == 0 && len(d.Added) == 0 {
		err = fmt.Errorf("account %q: %w", account, ErrUnknown)
	}
	return d, s.db.Explain(err)
}

func (s *Store) describe(ctx context.Context, d *AccountDetails) (err error) {
	c := s.db.View()
	if d.Added, err = s.Devices(ctx, d.Name); err != nil {
		return err
	}
	if d.Passwords, err = s.Secrets.DevicePasswords(ctx, d.Name); err != nil {
		return err
	}
	if d.Watched, err = s.Watches.Of(ctx, d.Name); err != nil {
		return err
	}
	var pages []pageRow
	var mailboxes []sql.NullInt64
	err = c.Each(ctx, func(scan func(...any) error) error {
		var p PageDetails
		var l pageRow
		var formats string
		var since int64
		var mailbox sql.NullInt64
		err := scan(&p.Frozen, &since, &l.page, &mailbox, &l.revision, &p.Maildrop, &p.Upstream, &p.Login, &p.Mailbox, &p.UIDValidity, &formats, &p.AcceptNewIDs,
			&p.Mismatches, &p.UIDNext, &p.Messages, &p.Octets, &p.Intents, &p.Deletions)
		if err != nil {
			return err
		}
		page := database.Unname(p.Maildrop)
		p.Maildrop, p.Upstream, p.Login, p.Mailbox = mainMaildrop(page), database.Unname(p.Upstream), database.Unname(p.Login), database.Unname(p.Mailbox)
		p.Beside = p.Maildrop != page
		p.FrozenSince = database.Moment(since)
		p.Formats, err = decodeFormats(formats)
		d.Pages, pages, mailboxes = append(d.Pages, p), append(pages, l), append(mailboxes, mailbox)
		return err
	}, `SELECT p.frozen, p.frozen_at, p.id, p.mailbox_id, p.revision, p.maildrop, COALESCE(m.upstream, ''), COALESCE(m.login, ''), COALESCE(m.mailbox, ''), p.uidvalidity, p.formats, p.accept_new_ids,
			COALESCE(m.mismatches, 0), COALESCE(s.uidnext, 0), COALESCE(s.messages, 0), COALESCE(s.octets, 0),
			(SELECT COUNT(*) FROM intents i WHERE i.page_id = p.id), (SELECT COUNT(*) FROM deletions e WHERE e.page_id = p.id)
		FROM pages p LEFT JOIN mailboxes m ON m.id = p.mailbox_id
		LEFT JOIN snapshots s ON s.mailbox_id = p.mailbox_id AND s.uidvalidity = p.uidvalidity
		WHERE p.account = $1 ORDER BY p.maildrop`, database.Name(d.Name))
	if err != nil {
		return err
	}
	for i, l := range pages {
		if d.Pages[i].Devices, err = devicesOf(ctx, c, l.page); err != nil {
			return err
		}
		pins, err := s.pins(ctx, c, l)
		if err != nil {
			return err
		}
		d.Pages[i].Pinned = len(pins)
		if d.Pages[i].LeftOut, err = s.leftOut(ctx, c, mailboxes[i].Int64, d.Pages[i].UIDValidity); err != nil {
			return err
		}
	}
	slices.SortStableFunc(d.Pages, func(a, b PageDetails) int {
		return cmp.Or(cmp.Compare(a.Maildrop, b.Maildrop), cmp.Compare(flag(a.Beside), flag(b.Beside)), cmp.Compare(a.Mailbox, b.Mailbox))
	})
	oncePerDevice(d.Pages)
	return nil
}

// oncePerDevice moves what a device has hidden in the other mailboxes of a maildrop to its
// line on the first page of that, where it has one.
func oncePerDevice(pages []PageDetails) {
	for i := range pages {
		first := slices.IndexFunc(pages, func(p PageDetails) bool { return p.Maildrop == pages[i].Maildrop })
		if first == i {
			continue
		}
		for _, d := range pages[i].Devices {
			known := pages[first].Devices
			if at := slices.IndexFunc(known, func(k Device) bool { return k.Name == d.Name }); at >= 0 {
				known[at].Hidden += d.Hidden
				continue
			}
			pages[first].Devices = append(known, d)
		}
		pages[i].Devices = nil
	}
}

// leftOut gives what the newest listing of a mailbox leaves out. What cannot be read
// says nothing: the next listing takes its place.
func (s *Store) leftOut(ctx context.Context, c database.Querier, mailbox int64, validity uint32) (imap.UIDSet, error) {
	of, err := mailboxes.RowAt(ctx, c, mailbox, validity)
	if err != nil {
		return nil, err
	}
	snap, err := s.Mailboxes.Snapshot(ctx, c, of)
	if database.IsDamage(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return snap.Listing.LeftOut(), nil
}

func devicesOf(ctx context.Context, c database.Querier, page int64) (devices []Device, err error) {
	err = c.Each(ctx, func(scan func(...any) error) error {
		var d Device
		var first, last int64
		var data []byte
		var leftOut string
		if err := scan(&d.Name, &first, &last, &data, &leftOut); err != nil {
			return err
		}
		hidden, err := chunks.DecodeUIDs(data)
		d.Name, d.FirstLogin, d.LastLogin, d.Hidden = database.Unname(d.Name), database.Moment(first), database.Moment(last), len(hidden)
		d.LeftOut = translate.DecodeLeftOut(leftOut)
		devices = append(devices, d)
		return err
	}, "SELECT device, first_login, last_login, hidden, left_out FROM page_devices WHERE page_id = $1 ORDER BY device", page)
	return devices, err
}
