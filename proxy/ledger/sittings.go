package ledger

import (
	"context"
	"fmt"
	"time"
)

// sittingLife is how long a proxy's word about its sessions counts.
const sittingLife = 10 * time.Second

// Sit says how many sessions of a held account this proxy has. It is to be
// repeated every few seconds until there is none.
func (s *Store) Sit(ctx context.Context, account string, sessions int) error {
	return s.scrub(s.db.update(ctx, func(tx statements) error {
		if sessions == 0 {
			return tx.exec(ctx, "DELETE FROM sittings WHERE account = $1 AND proxy = $2", name(account), s.name)
		}
		return tx.exec(ctx, fmt.Sprintf(`INSERT INTO sittings (account, proxy, sessions, at) VALUES ($1, $2, $3, %s)
			ON CONFLICT (account, proxy) DO UPDATE SET sessions = excluded.sessions, at = excluded.at`, s.now()), name(account), s.name, int64(sessions))
	}))
}

// Sitting is how many sessions of a held account all proxies have together. One
// that has died has none.
func (s *Store) Sitting(ctx context.Context, account string) (sessions int, err error) {
	err = s.db.view().row(ctx, "SELECT COALESCE(SUM(sessions), 0) FROM sittings WHERE account = $1 AND "+s.recent("at", sittingLife), name(account)).Scan(&sessions)
	return sessions, s.scrub(err)
}
