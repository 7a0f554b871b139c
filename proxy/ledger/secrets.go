package ledger

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// PutSecret keeps a secret of an account, encrypted, instead of what was there.
// It is durable when PutSecret returns nil. kind and name tell an account's
// secrets apart: what it is, and whose among several. Without a key it fails with ErrNoKey; with
// DriverMemory a key of the process's own serves, and the secret ends with the process.
func (s *Store) PutSecret(ctx context.Context, kind, account, secretName string, secret []byte) error {
	return s.scrub(s.db.update(ctx, func(tx statements) error { return s.putSecret(ctx, tx, kind, account, secretName, secret) }))
}

// putSecret is PutSecret within the transaction of what the secret belongs to.
func (s *Store) putSecret(ctx context.Context, tx statements, kind, account, secretName string, secret []byte) error {
	id, data, err := s.secrets.seal(placeOf(kind, account, secretName), secret)
	if err != nil {
		return err
	}
	return tx.exec(ctx, `INSERT INTO secrets (kind, account, name, key_id, data, updated_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (kind, account, name) DO UPDATE SET key_id = excluded.key_id, data = excluded.data, updated_at = excluded.updated_at`,
		kind, name(account), name(secretName), id, data, time.Now().UnixMilli())
}

// SwapSecret keeps a secret instead of the old one, and reports whether that was
// still there: somebody may have dropped or replaced it meanwhile, and then
// nothing is changed.
func (s *Store) SwapSecret(ctx context.Context, kind, account, secretName string, old, secret []byte) (swapped bool, err error) {
	place := placeOf(kind, account, secretName)
	id, data, err := s.secrets.seal(place, secret)
	if err != nil {
		return false, err
	}
	var row sealed
	err = s.db.view().row(ctx, "SELECT key_id, data FROM secrets WHERE kind = $1 AND account = $2 AND name = $3", kind, name(account), name(secretName)).Scan(&row.key, &row.data)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	} else if err != nil {
		return false, s.scrub(err)
	}
	if there, err := s.secrets.open(row.key, place, row.data); err != nil || !bytes.Equal(there, old) {
		return false, err
	}
	err = s.db.update(ctx, func(tx statements) error {
		var one string
		err := tx.row(ctx, "UPDATE secrets SET key_id = $1, data = $2, updated_at = $3 WHERE kind = $4 AND account = $5 AND name = $6 AND data = $7 RETURNING kind",
			id, data, time.Now().UnixMilli(), kind, name(account), name(secretName), row.data).Scan(&one)
		swapped = err == nil
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	return swapped && err == nil, s.scrub(err)
}

// Secret gives a secret, or fails with ErrUnknown where there is none, and with
// ErrNoKey where there is one and no key.
func (s *Store) Secret(ctx context.Context, kind, account, secretName string) ([]byte, error) {
	var id string
	var data []byte
	err := s.db.view().row(ctx, "SELECT key_id, data FROM secrets WHERE kind = $1 AND account = $2 AND name = $3", kind, name(account), name(secretName)).Scan(&id, &data)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, fmt.Errorf("%s of account %q: %w", kind, account, ErrUnknown)
	case err != nil:
		return nil, s.scrub(err)
	}
	secret, err := s.secrets.open(id, placeOf(kind, account, secretName), data)
	if err != nil {
		return nil, fmt.Errorf("%s of account %q: %w", kind, account, err)
	}
	return secret, nil
}

// DropSecret removes a secret, or fails with ErrUnknown where there is none. It
// needs no key.
func (s *Store) DropSecret(ctx context.Context, kind, account, secretName string) error {
	return s.scrub(s.db.update(ctx, func(tx statements) error {
		var one string
		err := tx.row(ctx, "DELETE FROM secrets WHERE kind = $1 AND account = $2 AND name = $3 RETURNING kind", kind, name(account), name(secretName)).Scan(&one)
		if errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("%s of account %q: %w", kind, account, ErrUnknown)
		}
		return err
	}))
}

// sealed is a row that RotateSecrets encrypts anew.
type sealed struct {
	kind, account, name, key string
	data                     []byte
}

// RotateSecrets encrypts every secret anew that is not under the current key, and
// gives their number. Secrets whose key is missing stay as they are and are
// counted in the error. Proxies may go on reading and writing meanwhile.
func (s *Store) RotateSecrets(ctx context.Context) (rotated int, err error) {
	if s.secrets.current == "" {
		return 0, ErrNoKey
	}
	var old []sealed
	err = s.db.view().each(ctx, func(scan func(...any) error) error {
		var row sealed
		err := scan(&row.kind, &row.account, &row.name, &row.key, &row.data)
		row.data = bytes.Clone(row.data)
		old = append(old, row)
		return err
	}, "SELECT kind, account, name, key_id, data FROM secrets WHERE key_id <> $1 ORDER BY kind, account, name", s.secrets.current)
	if err != nil {
		return 0, s.scrub(err)
	}
	left, reason := 0, error(nil)
	for _, row := range old {
		data, err := s.reseal(row)
		if err != nil {
			left, reason = left+1, err
			continue
		}
		if err := s.scrub(s.replaceSealed(ctx, row, data)); err != nil {
			return rotated, err
		}
		rotated++
	}
	if left > 0 {
		return rotated, fmt.Errorf("%d of %d secrets could not be encrypted anew, the last because %w", left, len(old), reason)
	}
	return rotated, nil
}

func (s *Store) reseal(row sealed) ([]byte, error) {
	place := placeOf(row.kind, unname(row.account), unname(row.name))
	secret, err := s.secrets.open(row.key, place, row.data)
	if err != nil {
		return nil, err
	}
	_, data, err := s.secrets.seal(place, secret)
	return data, err
}

// replaceSealed writes only over what was read: a proxy that has stored a newer
// secret meanwhile has done so under a key of its own choice.
func (s *Store) replaceSealed(ctx context.Context, row sealed, data []byte) error {
	return s.db.update(ctx, func(tx statements) error {
		return tx.exec(ctx, "UPDATE secrets SET key_id = $1, data = $2 WHERE kind = $3 AND account = $4 AND name = $5 AND data = $6",
			s.secrets.current, data, row.kind, row.account, row.name, row.data)
	})
}
