package ledger

import (
	"context"

	"popbridge/proxy/ledger/database"
	"popbridge/proxy/ledger/watches"
)

// tellOfDevice is told of a device that is overdue or back, within the transaction that
// writes it down.
func (s *Store) tellOfDevice(_ context.Context, _ database.Querier, d watches.Device, back bool) error {
	if back {
		s.db.Log("info", "a device that was overdue is back", "account", d.Account, "device", d.Device, "upstream", d.Upstream)
	}
	return nil
}
