package chunks

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/ledger/database"
)

// Load gives all values of an owner, as they were at its revision; database.ErrChanged
// where there is a newer one. A damaged row costs what is known of its messages,
// and no login: the account would be locked out for good.
func (t *Table[V]) Load(ctx context.Context, db *database.DB, c database.Querier, owner, revision int64) (map[imap.UID]V, error) {
	values := make(map[imap.UID]V)
	found := false
	err := c.Each(ctx, func(scan func(...any) error) error {
		var now int64
		var chunk sql.NullInt64
		var data []byte
		if err := scan(&now, &chunk, &data); err != nil {
			return err
		}
		if now != revision {
			return database.ErrChanged
		}
		if found = true; !chunk.Valid {
			return nil
		}
		if err := t.Decode(chunk.Int64, data, values); err != nil {
			db.Log("warn", "a row of the ledger is damaged; what it held of up to 128 messages is as if it had never been known", "table", t.Name, "owner", owner, "chunk", chunk.Int64)
		}
		return nil
	}, "SELECT o."+t.Revision+", c.chunk, c.data FROM "+t.Owner+" o LEFT JOIN "+t.Name+" c ON c.owner = o.id WHERE o.id = $1 ORDER BY c.chunk", owner)
	if err == nil && !found {
		err = database.ErrChanged
	}
	return values, err
}

// Some gives the values of the chunks that uids lie in.
func (t *Table[V]) Some(ctx context.Context, c database.Querier, owner int64, uids func(yield func(imap.UID) bool)) (map[imap.UID]V, error) {
	values := make(map[imap.UID]V)
	seen := make(map[int64]struct{})
	var err error
	for uid := range uids {
		chunk := int64(uid / Size)
		if _, done := seen[chunk]; done {
			continue
		}
		seen[chunk] = struct{}{}
		if err = t.chunk(ctx, c, owner, chunk, values); err != nil {
			break
		}
	}
	return values, err
}

// chunk adds one chunk to values, nothing where it is damaged.
func (t *Table[V]) chunk(ctx context.Context, c database.Querier, owner, chunk int64, values map[imap.UID]V) error {
	var data []byte
	err := c.Row(ctx, "SELECT data FROM "+t.Name+" WHERE owner = $1 AND chunk = $2", owner, chunk).Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := t.Decode(chunk, data, values); !database.IsDamage(err) {
		return err
	}
	return nil
}

// Save writes values beside those that are there, and reports whether that has
// changed anything. The owner's row is locked by the transaction.
func (t *Table[V]) Save(ctx context.Context, tx database.Querier, owner int64, add map[imap.UID]V) (changed bool, err error) {
	byChunk := make(map[int64][]imap.UID)
	for uid := range add {
		byChunk[int64(uid/Size)] = append(byChunk[int64(uid/Size)], uid)
	}
	for chunk, uids := range byChunk {
		values := make(map[imap.UID]V, Size)
		if err := t.chunk(ctx, tx, owner, chunk, values); err != nil {
			return changed, err
		}
		differs := false
		for _, uid := range uids {
			if old, ok := values[uid]; !ok || old != add[uid] {
				values[uid], differs = add[uid], true
			}
		}
		if !differs {
			continue
		}
		changed = true
		if err := tx.Exec(ctx, "INSERT INTO "+t.Name+" (owner, chunk, data) VALUES ($1, $2, $3) ON CONFLICT (owner, chunk) DO UPDATE SET data = excluded.data",
			owner, chunk, t.encode(values)); err != nil {
			return changed, err
		}
	}
	return changed, nil
}

// Drop removes the values of some messages. The owner's row is locked by the
// transaction.
func (t *Table[V]) Drop(ctx context.Context, tx database.Querier, owner int64, uids []imap.UID) error {
	byChunk := make(map[int64][]imap.UID)
	for _, uid := range uids {
		byChunk[int64(uid/Size)] = append(byChunk[int64(uid/Size)], uid)
	}
	for chunk, uids := range byChunk {
		if err := t.edit(ctx, tx, owner, chunk, func(uid imap.UID, _ V) bool { return slices.Contains(uids, uid) }); err != nil {
			return err
		}
	}
	return nil
}

// DropFrom is Drop for all messages from a UID upwards.
func (t *Table[V]) DropFrom(ctx context.Context, tx database.Querier, owner int64, from imap.UID) error {
	chunk := int64(from / Size)
	if err := tx.Exec(ctx, "DELETE FROM "+t.Name+" WHERE owner = $1 AND chunk > $2", owner, chunk); err != nil {
		return err
	}
	return t.edit(ctx, tx, owner, chunk, func(uid imap.UID, _ V) bool { return uid >= from })
}

// edit removes the values of one chunk for which gone says so.
func (t *Table[V]) edit(ctx context.Context, tx database.Querier, owner, chunk int64, gone func(imap.UID, V) bool) error {
	values := make(map[imap.UID]V, Size)
	if err := t.chunk(ctx, tx, owner, chunk, values); err != nil {
		return err
	}
	before := len(values)
	maps.DeleteFunc(values, gone)
	switch {
	case len(values) == before:
		return nil
	case len(values) == 0:
		return tx.Exec(ctx, "DELETE FROM "+t.Name+" WHERE owner = $1 AND chunk = $2", owner, chunk)
	}
	return tx.Exec(ctx, "UPDATE "+t.Name+" SET data = $3 WHERE owner = $1 AND chunk = $2", owner, chunk, t.encode(values))
}

// Clear removes all values of an owner.
func (t *Table[V]) Clear(ctx context.Context, tx database.Querier, owner int64) error {
	return tx.Exec(ctx, "DELETE FROM "+t.Name+" WHERE owner = $1", owner)
}
