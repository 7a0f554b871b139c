package ledger

import (
	"context"
	"fmt"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/ledger/chunks"
	"popbridge/proxy/ledger/database"
	"popbridge/translate"
)

// hidden gives a device's set, decoded once for each revision.
func (s *Store) hidden(l pageRow) (map[imap.UID]struct{}, error) {
	key := hiddenKey{l.page, l.name}
	if set, ok := s.cache.Get(key, l.deviceRevision).(map[imap.UID]struct{}); ok {
		return set, nil
	}
	set, err := chunks.DecodeUIDs(l.hidden)
	if err == nil && len(set) > 0 {
		s.cache.Put(key, l.deviceRevision, set, chunks.UIDOctets*len(set))
	}
	return set, err
}

type hiddenKey struct {
	page   int64
	device string
}

// newHidden gives what is to be hidden and is not yet.
func (s *Store) newHidden(of pageRow, f translate.Facts, bound bool) (map[imap.UID]struct{}, error) {
	if len(f.Hide) == 0 {
		return nil, nil
	}
	var old map[imap.UID]struct{}
	var err error
	if bound {
		if old, err = s.hidden(of); err != nil {
			return nil, err
		}
	}
	hide := make(map[imap.UID]struct{})
	for _, r := range f.Hide {
		if r.Start == 0 || r.Stop < r.Start {
			return nil, fmt.Errorf("%v is not a set of messages to hide", f.Hide)
		}
		for uid := r.Start; ; uid++ {
			if _, ok := old[uid]; !ok {
				hide[uid] = struct{}{}
			}
			if uid == r.Stop {
				break
			}
		}
	}
	return hide, nil
}

// editHidden changes a device's hidden set. The page's row is locked.
func editHidden(ctx context.Context, tx database.Querier, page int64, device string, edit func(map[imap.UID]struct{})) error {
	var data []byte
	if err := tx.Row(ctx, "SELECT hidden FROM page_devices WHERE page_id = $1 AND device = $2", page, device).Scan(&data); err != nil {
		return err
	}
	set, err := chunks.DecodeUIDs(data)
	if err != nil {
		return err
	}
	if set == nil {
		set = make(map[imap.UID]struct{})
	}
	edit(set)
	return tx.Exec(ctx, "UPDATE page_devices SET hidden = $3, revision = $4 WHERE page_id = $1 AND device = $2",
		page, device, chunks.EncodeUIDs(set), chunks.NewRevision())
}

// hiddenSets are those of all devices of a page that have hidden anything.
func hiddenSets(ctx context.Context, tx database.Querier, page int64) (map[string]map[imap.UID]struct{}, error) {
	sets := make(map[string]map[imap.UID]struct{})
	err := tx.Each(ctx, func(scan func(...any) error) (err error) {
		var device string
		var data []byte
		if err := scan(&device, &data); err != nil {
			return err
		}
		sets[device], err = chunks.DecodeUIDs(data)
		return err
	}, "SELECT device, hidden FROM page_devices WHERE page_id = $1 AND hidden IS NOT NULL", page)
	return sets, err
}

// HiddenFrom gives the devices that a message is hidden from now, by name; nothing where
// the maildrop's page, as an Entry names it, has another UIDVALIDITY by now.
func (s *Store) HiddenFrom(ctx context.Context, account, page string, validity uint32, uid imap.UID) (devices []string, err error) {
	err = s.db.View().Each(ctx, func(scan func(...any) error) error {
		var device string
		var data []byte
		if err := scan(&device, &data); err != nil {
			return err
		}
		set, err := chunks.DecodeUIDs(data)
		if _, hidden := set[uid]; hidden {
			devices = append(devices, database.Unname(device))
		}
		return err
	}, `SELECT d.device, d.hidden FROM pages p JOIN page_devices d ON d.page_id = p.id
		WHERE p.account = $1 AND p.maildrop = $2 AND p.uidvalidity = $3 AND d.hidden IS NOT NULL ORDER BY d.device`,
		database.Name(account), database.Name(page), int64(validity))
	return devices, s.db.Explain(err)
}
