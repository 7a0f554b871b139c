package ledger

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/emersion/go-imap/v2"

	"popbridge/translate"
)

// ErrUnknown says that the ledger has nothing of that name.
var ErrUnknown = errors.New("the ledger does not know it")

// Account is one line of a list of accounts.
type Account struct {
	Name      string
	Maildrops []string
	Devices   int       // that have logged in, in all maildrops
	LastLogin time.Time // of any device, within an hour; zero for never
	// Frozen is why a maildrop of it is not served, since its mailbox has another
	// identity; empty where all are.
	Frozen translate.Freeze
}

// AccountDetails is all that the ledger has of an account but its journal.
type AccountDetails struct {
	Name  string
	Pages []PageDetails
	Added []string // devices that an operator has added
	// Passwords are those that devices have of their own.
	Passwords []KeptPassword
}

// PageDetails is what is remembered of one maildrop.
type PageDetails struct {
	Maildrop                 string
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
}

// accountsAtOnce is how many accounts are read with one statement.
const accountsAtOnce = 500

// Accounts yields all accounts that have logged in, by name. After an error it
// yields nothing more.
func (s *Store) Accounts(ctx context.Context) iter.Seq2[Account, error] {
	return func(yield func(Account, error) bool) {
		last := ""
		for {
			some, err := s.accounts(ctx, last)
			if err != nil {
				yield(Account{}, s.scrub(err))
				return
			}
			for _, a := range some {
				last = a.Name
				a.Name = unname(a.Name)
				if !yield(a, nil) {
					return
				}
			}
			if len(some) < accountsAtOnce {
				return
			}
		}
	}
}

func (s *Store) accounts(ctx context.Context, after string) (accounts []Account, err error) {
	err = s.db.view().each(ctx, func(scan func(...any) error) error {
		var account, maildrop string
		var frozen translate.Freeze
		var devices int
		var last int64
		if err := scan(&account, &maildrop, &devices, &last, &frozen); err != nil {
			return err
		}
		if n := len(accounts); n == 0 || accounts[n-1].Name != account {
			accounts = append(accounts, Account{Name: account})
		}
		a := &accounts[len(accounts)-1]
		a.Maildrops = append(a.Maildrops, unname(maildrop))
		a.Devices += devices
		a.Frozen = cmp.Or(a.Frozen, frozen)
		if at := moment(last); at.After(a.LastLogin) {
			a.LastLogin = at
		}
		return nil
	}, `SELECT p.account, p.maildrop, COUNT(d.device), COALESCE(MAX(d.last_login), 0), MAX(p.frozen)
		FROM pages p LEFT JOIN page_devices d ON d.page_id = p.id
		WHERE p.account IN (SELECT DISTINCT q.account FROM pages q WHERE q.account > $1 ORDER BY q.account LIMIT $2)
		GROUP BY p.account, p.maildrop ORDER BY p.account, p.maildrop`, after, accountsAtOnce)
	return accounts, err
}

// moment makes a time of milliseconds since 1970, the zero time of 0.
func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// Account gives an account's details, or ErrUnknown.
func (s *Store) Account(ctx context.Context, account string) (AccountDetails, error) {
	d := AccountDetails{Name: account}
	err := s.describe(ctx, &d)
	if err == nil && len(d.Pages) == 0 && len(d.Added) == 0 {
		err = fmt.Errorf("account %q: %w", account, ErrUnknown)
	}
	return d, s.scrub(err)
}

func (s *Store) describe(ctx context.Context, d *AccountDetails) (err error) {
	c := s.db.view()
	if d.Added, err = s.Devices(ctx, d.Name); err != nil {
		return err
	}
	if d.Passwords, err = s.DevicePasswords(ctx, d.Name); err != nil {
		return err
	}
	var pages []leaf
	var mailboxes []sql.NullInt64
	err = c.each(ctx, func(scan func(...any) error) error {
		var p PageDetails
		var l leaf
		var formats string
		var since int64
		var mailbox sql.NullInt64
		err := scan(&p.Frozen, &since, &l.page, &mailbox, &l.revision, &p.Maildrop, &p.Upstream, &p.Login, &p.Mailbox, &p.UIDValidity, &formats, &p.AcceptNewIDs,
			&p.Mismatches, &p.UIDNext, &p.Messages, &p.Octets, &p.Intents, &p.Deletions)
		if err != nil {
			return err
		}
		p.Maildrop, p.Upstream, p.Login, p.Mailbox = unname(p.Maildrop), unname(p.Upstream), unname(p.Login), unname(p.Mailbox)
		p.FrozenSince = moment(since)
		p.Formats, err = decodeFormats(formats)
		d.Pages, pages, mailboxes = append(d.Pages, p), append(pages, l), append(mailboxes, mailbox)
		return err
	}, `SELECT p.frozen, p.frozen_at, p.id, p.mailbox_id, p.revision, p.maildrop, COALESCE(m.upstream, ''), COALESCE(m.login, ''), COALESCE(m.mailbox, ''), p.uidvalidity, p.formats, p.accept_new_ids,
			COALESCE(m.mismatches, 0), COALESCE(s.uidnext, 0), COALESCE(s.messages, 0), COALESCE(s.octets, 0),
			(SELECT COUNT(*) FROM intents i WHERE i.page_id = p.id), (SELECT COUNT(*) FROM deletions e WHERE e.page_id = p.id)
		FROM pages p LEFT JOIN mailboxes m ON m.id = p.mailbox_id
		LEFT JOIN snapshots s ON s.mailbox_id = p.mailbox_id AND s.uidvalidity = p.uidvalidity
		WHERE p.account = $1 ORDER BY p.maildrop`, name(d.Name))
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
	return nil
}

// leftOut gives what the newest listing of a mailbox leaves out. What cannot be read
// says nothing: the next listing takes its place.
func (s *Store) leftOut(ctx context.Context, c statements, mailbox int64, validity uint32) (imap.UIDSet, error) {
	of, err := readOld(ctx, c, mailbox, validity)
	if err != nil {
		return nil, err
	}
	snap, err := s.snapshot(ctx, c, of)
	if isDamage(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return snap.listing.LeftOut(), nil
}

func devicesOf(ctx context.Context, c statements, page int64) (devices []Device, err error) {
	err = c.each(ctx, func(scan func(...any) error) error {
		var d Device
		var first, last int64
		var data []byte
		if err := scan(&d.Name, &first, &last, &data); err != nil {
			return err
		}
		hidden, err := decodeUIDs(data)
		d.Name, d.FirstLogin, d.LastLogin, d.Hidden = unname(d.Name), moment(first), moment(last), len(hidden)
		devices = append(devices, d)
		return err
	}, "SELECT device, first_login, last_login, hidden FROM page_devices WHERE page_id = $1 ORDER BY device", page)
	return devices, err
}

// Forget removes an account with all that is remembered of it, its journal too,
// or fails with ErrUnknown. boxes are its mailboxes on any upstream: what was learned
// of them for a migration goes too, unless somebody else is served from them. Where
// an operator has moved the account to stays. Its devices begin anew at their next
// login.
func (s *Store) Forget(ctx context.Context, account string, boxes ...translate.Box) error {
	err := s.db.update(ctx, func(tx statements) error {
		mailboxes, err := learnedBoxes(ctx, tx, boxes)
		if err != nil {
			return err
		}
		known := len(mailboxes) > 0
		err = tx.each(ctx, func(scan func(...any) error) error {
			var mailbox sql.NullInt64
			err := scan(&mailbox)
			known = true
			if mailbox.Valid {
				mailboxes = append(mailboxes, mailbox.Int64)
			}
			return err
		}, `SELECT mailbox_id FROM pages WHERE account = $1 UNION ALL SELECT NULL FROM known_devices WHERE account = $1
			UNION ALL SELECT NULL FROM secrets WHERE account = $1 UNION ALL SELECT NULL FROM milestones WHERE account = $1`, name(account))
		if err == nil && !known {
			err = fmt.Errorf("account %q: %w", account, ErrUnknown)
		}
		for _, table := range []string{"pages", "known_devices", "secrets", "milestones"} {
			if err == nil {
				err = tx.exec(ctx, "DELETE FROM "+table+" WHERE account = $1", name(account))
			}
		}
		if err == nil {
			_, err = dropDevicePasswords(ctx, tx, account, "")
		}
		for _, mailbox := range mailboxes {
			if err == nil {
				err = dropMatches(ctx, tx, mailbox)
			}
			if err == nil {
				err = abandon(ctx, tx, mailbox)
			}
		}
		return err
	})
	return s.scrub(err)
}

// learnedBoxes gives the numbers of those mailboxes of which anything is known.
func learnedBoxes(ctx context.Context, tx statements, boxes []translate.Box) (mailboxes []int64, err error) {
	for _, box := range boxes {
		known, err := readShelf(ctx, tx, boxKey(box))
		if err != nil {
			return nil, err
		}
		if known.mailbox != 0 {
			mailboxes = append(mailboxes, known.mailbox)
		}
	}
	return mailboxes, nil
}

// AcceptNewIDs lets the next login of an account's maildrop give its messages
// new unique-ids, though devices will download them again. It reports whether the
// maildrop was frozen: where it is not there is nothing to agree to, and nothing is
// kept for a mailbox that may be rebuilt one day. It fails with ErrUnknown where that
// maildrop has never been served.
func (s *Store) AcceptNewIDs(ctx context.Context, account, maildrop string) (frozen bool, err error) {
	err = s.db.update(ctx, func(tx statements) error {
		var id int64
		err := tx.row(ctx, "UPDATE pages SET accept_new_ids = true WHERE account = $1 AND maildrop = $2 AND frozen <> '' RETURNING id", name(account), name(maildrop)).Scan(&id)
		if frozen = err == nil; frozen || !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		return unknown(tx.row(ctx, "SELECT id FROM pages WHERE account = $1 AND maildrop = $2", name(account), name(maildrop)).Scan(&id), account, maildrop)
	})
	return frozen, s.scrub(err)
}

// unknown says what was not found.
func unknown(err error, account, maildrop string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("account %q with maildrop %q: %w", account, maildrop, ErrUnknown)
	}
	return err
}
