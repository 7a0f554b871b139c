package secrets

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"popbridge/proxy/ledger/database"
)

// PutSecret keeps a secret of an account, encrypted, instead of what was there.
// It is durable when PutSecret returns nil. kind and name tell an account's
// secrets apart: what it is, and whose among several. Without a key it fails with ErrNoKey; with
// DriverMemory a key of the process's own serves, and the secret ends with the process.
func (s *Store) PutSecret(ctx context.Context, kind, account, secretName string, secret []byte) error {
	return s.db.Explain(s.db.Update(ctx, func(tx database.Querier) error { return s.put(ctx, tx, kind, account, secretName, secret) }))
}

// put is PutSecret within the transaction of what the secret belongs to.
func (s *Store) put(ctx context.Context, tx database.Querier, kind, account, secretName string, secret []byte) error {
	id, data, err := s.keys.Encrypt(placeOf(kind, account, secretName), secret)
	if err != nil {
		return err
	}
	return tx.Exec(ctx, `INSERT INTO secrets (kind, account, name, key_id, data, updated_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (kind, account, name) DO UPDATE SET key_id = excluded.key_id, data = excluded.data, updated_at = excluded.updated_at`,
		kind, database.Name(account), database.Name(secretName), id, data, time.Now().UnixMilli())
}

// SwapSecret keeps a secret instead of the old one, and reports whether that was
// still there: somebody may have dropped or replaced it meanwhile, and then
// nothing is changed.
func (s *Store) SwapSecret(ctx context.Context, kind, account, secretName string, old, secret []byte) (swapped bool, err error) {
	place := placeOf(kind, account, secretName)
	id, data, err := s.keys.Encrypt(place, secret)
	if err != nil {
		return false, err
	}
	var row encrypted
	err = s.db.View().Row(ctx, "SELECT key_id, data FROM secrets WHERE kind = $1 AND account = $2 AND name = $3", kind, database.Name(account), database.Name(secretName)).Scan(&row.key, &row.data)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	} else if err != nil {
		return false, s.db.Explain(err)
	}
	if there, err := s.keys.Decrypt(row.key, place, row.data); err != nil || !bytes.Equal(there, old) {
		return false, err
	}
	err = s.db.Update(ctx, func(tx database.Querier) error {
		var one string
		err := tx.Row(ctx, "UPDATE secrets SET key_id = $1, data = $2, updated_at = $3 WHERE kind = $4 AND account = $5 AND name = $6 AND data = $7 RETURNING kind",
			id, data, time.Now().UnixMilli(), kind, database.Name(account), database.Name(secretName), row.data).Scan(&one)
		swapped = err == nil
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	return swapped && err == nil, s.db.Explain(err)
}

// Secret gives a secret, or fails with database.ErrUnknown where there is none, and with
// ErrNoKey where there is one and no key.
func (s *Store) Secret(ctx context.Context, kind, account, secretName string) ([]byte, error) {
	var id string
	var data []byte
	err := s.db.View().Row(ctx, "SELECT key_id, data FROM secrets WHERE kind = $1 AND account = $2 AND name = $3", kind, database.Name(account), database.Name(secretName)).Scan(&id, &data)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, fmt.Errorf("%s of account %q: %w", kind, account, database.ErrUnknown)
	case err != nil:
		return nil, s.db.Explain(err)
	}
	secret, err := s.keys.Decrypt(id, placeOf(kind, account, secretName), data)
	if err != nil {
		return nil, fmt.Errorf("%s of account %q: %w", kind, account, err)
	}
	return secret, nil
}

// DropSecret removes a secret, or fails with database.ErrUnknown where there is none. It
// needs no key.
func (s *Store) DropSecret(ctx context.Context, kind, account, secretName string) error {
	return s.db.Explain(s.db.Update(ctx, func(tx database.Querier) error {
		var one string
		err := tx.Row(ctx, "DELETE FROM secrets WHERE kind = $1 AND account = $2 AND name = $3 RETURNING kind", kind, database.Name(account), database.Name(secretName)).Scan(&one)
		if errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("%s of account %q: %w", kind, account, database.ErrUnknown)
		}
		return err
	}))
}

// encrypted is a row that Rotate encrypts anew.
type encrypted struct {
	kind, account, name, key string
	data                     []byte
}

// Rotate encrypts every secret anew that is not under the current key, and
// gives their number. Secrets whose key is missing stay as they are and are
// counted in the error. Proxies may go on reading and writing meanwhile.
func (s *Store) Rotate(ctx context.Context) (rotated int, err error) {
	if s.keys.current == "" {
		return 0, ErrNoKey
	}
	var old []encrypted
	err = s.db.View().Each(ctx, func(scan func(...any) error) error {
		var row encrypted
		err := scan(&row.kind, &row.account, &row.name, &row.key, &row.data)
		row.data = bytes.Clone(row.data)
		old = append(old, row)
		return err
	}, "SELECT kind, account, name, key_id, data FROM secrets WHERE key_id <> $1 ORDER BY kind, account, name", s.keys.current)
	if err != nil {
		return 0, s.db.Explain(err)
	}
	left, reason := 0, error(nil)
	for _, row := range old {
		data, err := s.encryptAnew(row)
		if err != nil {
			left, reason = left+1, err
			continue
		}
		if err := s.db.Explain(s.replace(ctx, row, data)); err != nil {
			return rotated, err
		}
		rotated++
	}
	if left > 0 {
		return rotated, fmt.Errorf("%d of %d secrets could not be encrypted again, the last because %w", left, len(old), reason)
	}
	return rotated, nil
}

func (s *Store) encryptAnew(row encrypted) ([]byte, error) {
	place := placeOf(row.kind, database.Unname(row.account), database.Unname(row.name))
	secret, err := s.keys.Decrypt(row.key, place, row.data)
	if err != nil {
		return nil, err
	}
	_, data, err := s.keys.Encrypt(place, secret)
	return data, err
}

// replace writes only over what was read: a proxy that has stored a newer
// secret meanwhile has done so under a key of its own choice.
func (s *Store) replace(ctx context.Context, row encrypted, data []byte) error {
	return s.db.Update(ctx, func(tx database.Querier) error {
		return tx.Exec(ctx, "UPDATE secrets SET key_id = $1, data = $2 WHERE kind = $3 AND account = $4 AND name = $5 AND data = $6",
			s.keys.current, data, row.kind, row.account, row.name, row.data)
	})
}
