package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/emersion/go-imap/v2"

	"popbridge/translate"
)

// AddDevice lets a device of an account log in where login.devices is "known".
// Adding it twice is no mistake.
func (s *Store) AddDevice(ctx context.Context, account, device string) error {
	return s.scrub(s.db.update(ctx, func(tx statements) error {
		return tx.exec(ctx, "INSERT INTO known_devices (account, device, added_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
			name(account), name(device), time.Now().UnixMilli())
	}))
}

// RemoveDevice takes that back, and a password of the device's own with it, or
// fails with ErrUnknown. What the device has hidden stays remembered.
func (s *Store) RemoveDevice(ctx context.Context, account, device string) error {
	return s.scrub(s.db.update(ctx, func(tx statements) error {
		var one string
		err := tx.row(ctx, "DELETE FROM known_devices WHERE account = $1 AND device = $2 RETURNING device", name(account), name(device)).Scan(&one)
		if errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("device %q of account %q: %w", device, account, ErrUnknown)
		} else if err != nil {
			return err
		}
		_, err = dropDevicePasswords(ctx, tx, account, device)
		return err
	}))
}

// Devices are the devices that have been added to an account, by name.
func (s *Store) Devices(ctx context.Context, account string) (devices []string, err error) {
	err = s.db.view().each(ctx, func(scan func(...any) error) error {
		var device string
		err := scan(&device)
		devices = append(devices, unname(device))
		return err
	}, "SELECT device FROM known_devices WHERE account = $1 ORDER BY device", name(account))
	return devices, s.scrub(err)
}

// Unhide shows messages again that a device has hidden, and gives the number of
// those that were hidden. The UIDs are those of the validity, which must be what
// the maildrop is served with now.
func (s *Store) Unhide(ctx context.Context, account, maildrop, device string, validity uint32, uids []imap.UID) (shown int, err error) {
	err = s.onPage(ctx, account, maildrop, validity, func(tx statements, page leaf) error {
		err := editHidden(ctx, tx, page.page, name(device), func(set map[imap.UID]struct{}) {
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
	return s.onPage(ctx, account, maildrop, validity, func(tx statements, page leaf) error {
		if _, err := pinTable.save(ctx, tx, page.page, map[imap.UID]string{uid: uniqueID}); err != nil {
			return err
		}
		return tx.exec(ctx, "UPDATE pages SET revision = $2 WHERE id = $1", page.page, newRevision())
	})
}

// onPage runs f in a transaction that holds the row of a page.
func (s *Store) onPage(ctx context.Context, account, maildrop string, validity uint32, f func(statements, leaf) error) error {
	return s.scrub(s.db.update(ctx, func(tx statements) error {
		var page leaf
		err := tx.row(ctx, "UPDATE pages SET account = account WHERE account = $1 AND maildrop = $2 RETURNING id, uidvalidity", name(account), name(maildrop)).
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
