package ledger

import (
	"maps"

	"github.com/emersion/go-imap/v2"

	"popbridge/translate"
)

// Keys gives the content keys that are known of this mailbox under a
// UIDVALIDITY. The map is the caller's.
func (p *Page) Keys(validity uint32) (map[imap.UID]translate.ContentKey, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shelf.snapshot == 0 || p.shelf.validity != validity {
		return map[imap.UID]translate.ContentKey{}, nil
	}
	ctx, cancel := bounded()
	defer cancel()
	keys, err := keyTable.load(ctx, p.store, p.store.db.view(), p.shelf.snapshot, p.shelf.keys)
	if err != nil {
		return nil, p.store.unavailable(err)
	}
	own := make(map[imap.UID]translate.ContentKey, len(keys))
	maps.Copy(own, keys)
	return own, nil
}

// Durable reports whether the ledger outlives the process.
func (p *Page) Durable() bool { return p.store.Kind() != DriverMemory }
