package secrets

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"popbridge/proxy/ledger/database"
	"popbridge/proxy/ledger/events"
	"popbridge/translate"
)

// usedEvery is how often at most a device password's last use is written: a poll
// every minute shall not be a write every minute.
const usedEvery = time.Hour

// secretDevicePassword is the kind of secret that a readable device password is,
// under its device's name.
const secretDevicePassword = "device password"

// ErrHasPassword says that a device has a password already.
var ErrHasPassword = errors.New("it already has a password")

// Keyring gives the device passwords of an account, and the salt that it has with
// or without one. Its errors are Refusals.
func (s *Store) Keyring(ctx context.Context, account string) (k translate.Keyring, err error) {
	err = s.db.View().Each(ctx, func(scan func(...any) error) error {
		var key, stored, served []byte
		var device sql.NullString
		var readable sql.NullBool
		var used, revoked sql.NullInt64
		if err := scan(&key, &k.Iterations, &device, &stored, &served, &readable, &used, &revoked); err != nil {
			return err
		}
		k.Salt = translate.AccountSalt(key, account)
		if !device.Valid {
			return nil
		}
		p := translate.DevicePassword{Device: database.Unname(device.String), Readable: readable.Bool, LastUsed: database.Moment(used.Int64)}
		if copy(p.StoredKey[:], stored) != len(p.StoredKey) || copy(p.ServerKey[:], served) != len(p.ServerKey) {
			return fmt.Errorf("the password of device %q of account %q is damaged", p.Device, account)
		}
		if revoked.Valid {
			p.ServerKey = [len(p.ServerKey)]byte{}
			k.Revoked = append(k.Revoked, translate.RevokedPassword{DevicePassword: p, At: database.Moment(revoked.Int64)})
			return nil
		}
		k.Passwords = append(k.Passwords, p)
		return nil
	}, `SELECT s.key, s.iterations, p.device, p.stored_key, p.server_key, p.readable, p.used_at, NULL
		FROM device_salt s LEFT JOIN device_passwords p ON p.account = $1
		UNION ALL SELECT s.key, s.iterations, r.device, r.stored_key, r.stored_key, NULL, NULL, r.revoked_at
		FROM device_salt s JOIN revoked_passwords r ON r.account = $1 ORDER BY 3`, database.Name(account))
	return k, s.db.Refusal(err)
}

// UsedDevicePassword notes that a device has logged in with its password, at most
// once an hour.
func (s *Store) UsedDevicePassword(ctx context.Context, account string, p translate.DevicePassword) error {
	now := time.Now()
	if now.Sub(p.LastUsed).Abs() < usedEvery {
		return nil
	}
	err := s.db.Update(ctx, func(tx database.Querier) error {
		return tx.Exec(ctx, "UPDATE device_passwords SET used_at = $3 WHERE account = $1 AND device = $2", database.Name(account), database.Name(p.Device), now.UnixMilli())
	})
	return s.db.Refusal(s.db.Wrote(err))
}

// AddDevicePassword gives a device of an account a password of its own, and adds
// the device. The label is the operator's, and may be empty. clear is the password
// itself where it is to be Readable, and nil where it is not; ErrNoKey: it cannot be
// encrypted. ErrHasPassword: a password is never replaced silently, since that would
// lock its device out.
func (s *Store) AddDevicePassword(ctx context.Context, account, label string, p translate.DevicePassword, clear []byte) error {
	return s.db.Explain(s.db.Update(ctx, func(tx database.Querier) error {
		now := time.Now().UnixMilli()
		err := tx.Exec(ctx, "INSERT INTO known_devices (account, device, added_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", database.Name(account), database.Name(p.Device), now)
		if err != nil {
			return err
		}
		var one string
		err = tx.Row(ctx, `INSERT INTO device_passwords (account, device, label, stored_key, server_key, readable, created_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING device`,
			database.Name(account), database.Name(p.Device), database.Name(label), p.StoredKey[:], p.ServerKey[:], clear != nil, now).Scan(&one)
		if errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("device %q of account %q: %w", p.Device, account, ErrHasPassword)
		}
		if err != nil || clear == nil {
			return err
		}
		return s.put(ctx, tx, secretDevicePassword, account, p.Device, clear)
	}))
}

// ReadableDevicePasswords gives an account's readable device passwords by device.
// It costs the same whether there are any. Its errors are Refusals.
func (s *Store) ReadableDevicePasswords(ctx context.Context, account string) (map[string][]byte, error) {
	passwords := make(map[string][]byte)
	var unreadable error
	err := s.db.View().Each(ctx, func(scan func(...any) error) error {
		var device, id string
		var data []byte
		if err := scan(&device, &id, &data); err != nil {
			return err
		}
		device = database.Unname(device)
		password, err := s.keys.Decrypt(id, placeOf(secretDevicePassword, account, device), data)
		if err != nil {
			unreadable = translate.Permanent(fmt.Errorf("the password of device %q of account %q: %w", device, account, err))
			return nil
		}
		passwords[device] = password
		return nil
	}, "SELECT name, key_id, data FROM secrets WHERE kind = $1 AND account = $2", secretDevicePassword, database.Name(account))
	if err != nil {
		return nil, s.db.Refusal(err)
	}
	return passwords, unreadable
}

// RevokeDevicePassword removes a device's password, or fails with database.ErrUnknown, and
// publishes that it is Revoked. The device itself stays added, and what it has
// hidden stays remembered.
func (s *Store) RevokeDevicePassword(ctx context.Context, account, device string) error {
	return s.db.Explain(s.db.Update(ctx, func(tx database.Querier) error {
		dropped, err := DropPasswords(ctx, tx, account, device)
		if err == nil && !dropped {
			err = fmt.Errorf("a password of device %q of account %q: %w", device, account, database.ErrUnknown)
		}
		return err
	}))
}

// DropPasswords removes the passwords of an account, or of one device of it
// where that is not empty, and publishes it where there were some. The last of each
// device stays known as revoked.
func DropPasswords(ctx context.Context, tx database.Querier, account, device string) (dropped bool, err error) {
	err = tx.Exec(ctx, `INSERT INTO revoked_passwords (account, device, stored_key, revoked_at)
		SELECT account, device, stored_key, $3 FROM device_passwords WHERE account = $1 AND (device = $2 OR $2 = '')
		ON CONFLICT (account, device) DO UPDATE SET stored_key = excluded.stored_key, revoked_at = excluded.revoked_at`,
		database.Name(account), database.Name(device), time.Now().UnixMilli())
	if err != nil {
		return false, err
	}
	err = tx.Each(ctx, func(scan func(...any) error) error {
		var one string
		dropped = true
		return scan(&one)
	}, "DELETE FROM device_passwords WHERE account = $1 AND (device = $2 OR $2 = '') RETURNING device", database.Name(account), database.Name(device))
	if err == nil {
		err = tx.Exec(ctx, "DELETE FROM secrets WHERE kind = $1 AND account = $2 AND (name = $3 OR $3 = '')", secretDevicePassword, database.Name(account), database.Name(device))
	}
	if err != nil || !dropped {
		return false, err
	}
	return true, events.Publish(ctx, tx, events.Event{Kind: events.Revoked, Account: account, Device: device})
}

// KeptPassword is what an operator may see of a device password.
type KeptPassword struct {
	Device, Label     string
	Readable          bool      // kept encrypted too, for APOP and CRAM-MD5
	Created, LastUsed time.Time // LastUsed: within an hour; zero for never
}

// DevicePasswords lists an account's, by device.
func (s *Store) DevicePasswords(ctx context.Context, account string) (list []KeptPassword, err error) {
	err = s.db.View().Each(ctx, func(scan func(...any) error) error {
		var p KeptPassword
		var created, used int64
		err := scan(&p.Device, &p.Label, &p.Readable, &created, &used)
		p.Device, p.Label, p.Created, p.LastUsed = database.Unname(p.Device), database.Unname(p.Label), database.Moment(created), database.Moment(used)
		list = append(list, p)
		return err
	}, "SELECT device, label, readable, created_at, used_at FROM device_passwords WHERE account = $1 ORDER BY device", database.Name(account))
	return list, s.db.Explain(err)
}
