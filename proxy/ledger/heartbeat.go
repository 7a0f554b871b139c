package ledger

import (
	"context"
	"time"
)

// run beats until the Store is closed.
func (l *leases) run(ctx context.Context) {
	defer close(l.ended)
	ticker := time.NewTicker(beatInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		beat, cancel := context.WithTimeout(ctx, leaseLife)
		err := l.beat(beat)
		cancel()
		if ctx.Err() != nil {
			return
		}
		if l.store.db.Wrote(err) != nil {
			_ = l.store.db.Refusal(err) // it is logged; the next beat tries again
		}
	}
}

// heartbeat is one statement for all sessions of a proxy: it says that the proxy
// lives ($1) and when its sessions were active last ($2 fences, $3 milliseconds
// of silence, -1 for no news), deletes leases that were given up ($4) or that an
// answer lost on its way has left behind, and gives the database's clock in
// milliseconds as the first row, then the fences that are taken.
const heartbeat = `WITH beat AS (
		INSERT INTO proxies (id, heartbeat) VALUES ($1, now()) ON CONFLICT (id) DO UPDATE SET heartbeat = now()
	), given AS (
		DELETE FROM leases WHERE proxy = $1 AND (fence = ANY ($4::bigint[]) OR fence <> ALL ($2::bigint[]) AND taken_at NOT BETWEEN now() - interval '1 minute' AND now() + interval '1 minute')
	), moved AS (
		UPDATE leases l SET active_at = now() - m.silent * interval '1 millisecond'
		FROM unnest($2::bigint[], $3::bigint[]) AS m (fence, silent) WHERE l.fence = m.fence AND l.proxy = $1 AND m.silent >= 0
	)
	SELECT 0 AS part, (EXTRACT(EPOCH FROM now()) * 1000)::bigint AS n
	UNION ALL SELECT 1, m.fence FROM unnest($2::bigint[]) AS m (fence) WHERE NOT EXISTS (SELECT 1 FROM leases l WHERE l.fence = m.fence AND l.proxy = $1)
	ORDER BY part`

// beat sends a heartbeat, and another where the database's clock was set since the
// last: what it holds of sessions' activity is wrong by as much, and one that is
// silent would be taken over too early, or not at all.
func (l *leases) beat(ctx context.Context) error {
	set, err := l.beatOnce(ctx)
	if err == nil && set {
		_, err = l.beatOnce(ctx)
	}
	return err
}

// beatOnce reports whether the database's clock was set; then the next heartbeat
// carries the activity of all sessions.
func (l *leases) beatOnce(ctx context.Context) (set bool, err error) {
	l.mu.Lock()
	now := l.store.clock()
	fences, silent := make([]int64, 0, len(l.held)), make([]int64, 0, len(l.held))
	news := make(map[int64]int64, len(l.held))
	for fence, p := range l.held {
		active, quiet := p.active.Load(), int64(-1)
		if active != l.reported[fence] {
			quiet = max(0, (now - time.Duration(active)).Milliseconds())
		}
		fences, silent, news[fence] = append(fences, fence), append(silent, quiet), active
	}
	released := append([]int64{}, l.released...)
	l.mu.Unlock()

	var told []int64 // the database's clock, then fences that are taken
	err = l.store.db.View().Each(ctx, func(scan func(...any) error) error {
		var part, n int64
		err := scan(&part, &n)
		told = append(told, n)
		return err
	}, heartbeat, l.store.name, fences, silent, released)
	if err != nil {
		return false, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reported, l.released = news, l.released[len(released):]
	ahead := time.Duration(told[0])*time.Millisecond - now
	if set = (ahead - l.ahead).Abs() > leaseLife; set {
		clear(l.reported)
	}
	l.ahead = ahead
	for _, fence := range told[1:] {
		if p := l.held[fence]; p != nil {
			l.forget(p)
			l.tell(p)
		}
	}
	return set, nil
}
