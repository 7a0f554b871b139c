package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/ledger/chunks"
	"popbridge/proxy/ledger/database"
	"popbridge/proxy/ledger/secrets"
	"popbridge/proxy/ledger/watches"
	"popbridge/translate"
)

// AddDevice lets a device of an account log in where login.devices is "known".
// Adding it twice is no mistake.
func (s *Store) AddDevice(ctx context.Context, account, device string) error {
	return s.db.Explain(s.db.Update(ctx, func(tx database.Querier) error {
		return tx.Exec(ctx, "INSERT INTO known_devices (account, device, added_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
			database.Name(account), database.Name(device), time.Now().UnixMilli())
	}))
}

// RemoveDevice takes that back, and a password of the device's own with it, or
// fails with ErrUnknown. Nothing is expected of it any more. What the device has hidden stays remembered.
func (s *Store) RemoveDevice(ctx context.Context, account, device string) error {
	return s.db.Explain(s.db.Update(ctx, func(tx database.Querier) error {
		var one string
		err := tx.Row(ctx, "DELETE FROM known_devices WHERE account = $1 AND device = $2 RETURNING device", database.Name(account), database.Name(device)).Scan(&one)
		if errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("device %q of account %q: %w", device, account, ErrUnknown)
		} else if err != nil {
			return err
		}
		if _, err = secrets.DropPasswords(ctx, tx, account, device); err != nil {
			return err
		}
		device = database.Name(device)
		return watches.Drop(ctx, tx, database.Name(account), &device)
	}))
}

// Devices are the devices that have been added to an account, by name.
func (s *Store) Devices(ctx context.Context, account string) (devices []string, err error) {
	err = s.db.View().Each(ctx, func(scan func(...any) error) error {
		var device string
		err := scan(&device)
		devices = append(devices, database.Unname(device))
		return err
	}, "SELECT device FROM known_devices WHERE account = $1 ORDER BY device", database.Name(account))
	return devices, s.db.Explain(err)
}

// Unhide shows messages again that a device has hidden, and gives the number of
// those that were hidden. The UIDs are those of the validity, which must be what
// the maildrop is served with now.
func (s *Store) Unhide(ctx context.Context, account, maildrop, device string, validity uint32, uids []imap.UID) (shown int, err error) {
	err = s.onPage(ctx, account, maildrop, validity, func(tx database.Querier, page pageRow) error {
		err := editHidden(ctx, tx, page.page, database.Name(device), func(set map[imap.UID]struct{}) {
			for _, uid := range uids {
				if _, ok := set[uid]; ok {
					delete(set, uid)
					shown++
				}
			}
		})
		if errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("device %q of account %q: %w", device, account, ErrUnknown)
		}
		return err
	})
	return shown, err
}

// PinNew gives a message another unique-id, so that every device fetches it
// again.
func (s *Store) PinNew(ctx context.Context, account, maildrop string, validity uint32, uid imap.UID, uniqueID string) error {
	if !translate.ValidUniqueID(uniqueID) {
		return fmt.Errorf("%q is not a unique-id: 1 to %d characters from 0x21 to 0x7e", uniqueID, translate.MaxUniqueID)
	}
	return s.onPage(ctx, account, maildrop, validity, func(tx database.Querier, page pageRow) error {
		if _, err := pinTable.Save(ctx, tx, page.page, map[imap.UID]string{uid: uniqueID}); err != nil {
			return err
		}
		return tx.Exec(ctx, "UPDATE pages SET revision = $2 WHERE id = $1", page.page, chunks.NewRevision())
	})
}

// onPage runs f in a transaction that holds the row of a page.
func (s *Store) onPage(ctx context.Context, account, maildrop string, validity uint32, f func(database.Querier, pageRow) error) error {
	return s.db.Explain(s.db.Update(ctx, func(tx database.Querier) error {
		var page pageRow
		err := tx.Row(ctx, "UPDATE pages SET account = account WHERE account = $1 AND maildrop = $2 RETURNING id, uidvalidity", database.Name(account), database.Name(maildrop)).
			Scan(&page.page, &page.validity)
		if err != nil {
			return unknown(err, account, maildrop)
		}
		if page.validity != validity {
			return errMoved
		}
		return f(tx, page)
	}))
}
