package events

import (
	"context"
	"fmt"
	"time"

	"popbridge/proxy/ledger/database"
)

// sittingLife is how long a proxy's word about its sessions counts.
const sittingLife = 10 * time.Second

// Sit says how many sessions of a held account this proxy has. It is to be
// repeated every few seconds until there is none.
func (s *Store) Sit(ctx context.Context, account string, sessions int) error {
	return s.db.Explain(s.db.Update(ctx, func(tx database.Querier) error {
		if sessions == 0 {
			return tx.Exec(ctx, "DELETE FROM sittings WHERE account = $1 AND proxy = $2", database.Name(account), s.proxy)
		}
		return tx.Exec(ctx, fmt.Sprintf(`INSERT INTO sittings (account, proxy, sessions, at) VALUES ($1, $2, $3, %s)
			ON CONFLICT (account, proxy) DO UPDATE SET sessions = excluded.sessions, at = excluded.at`, s.db.Now()), database.Name(account), s.proxy, int64(sessions))
	}))
}

// Sitting is how many sessions of a held account all proxies have together. One
// that has died has none.
func (s *Store) Sitting(ctx context.Context, account string) (sessions int, err error) {
	err = s.db.View().Row(ctx, "SELECT COALESCE(SUM(sessions), 0) FROM sittings WHERE account = $1 AND "+s.db.Recent("at", sittingLife), database.Name(account)).Scan(&sessions)
	return sessions, s.db.Explain(err)
}
