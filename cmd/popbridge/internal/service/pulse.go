package service

import (
	"context"
	"sync"
	"time"

	"popbridge/proxy/admin/desk"
)

// pulse knows how many logins there were in each minute of the last hour, by what was
// counted at its end: no login costs more for it.
type pulse struct {
	count func() (accepted, refused int)

	mu      sync.Mutex
	minutes []desk.Minute
	last    desk.Minute // what was counted when the newest minute began
}

// remembered is how many minutes are.
const remembered = 60

func newPulse(count func() (accepted, refused int)) *pulse {
	p := &pulse{count: count}
	p.last.Accepted, p.last.Refused = count()
	p.last.At = time.Now()
	return p
}

// keep counts at the end of each minute until ctx ends.
func (p *pulse) keep(ctx context.Context) {
	for {
		now := time.Now()
		select {
		case <-ctx.Done():
			return
		case <-time.After(now.Truncate(time.Minute).Add(time.Minute).Sub(now)):
			p.tick(time.Now())
		}
	}
}

func (p *pulse) tick(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.minutes = append(p.minutes, p.since(now))
	if over := len(p.minutes) - remembered; over > 0 {
		p.minutes = p.minutes[over:]
	}
	p.last.Accepted, p.last.Refused = p.count()
	p.last.At = now
}

// since is what has been counted in the minute that is not over.
func (p *pulse) since(time.Time) desk.Minute {
	accepted, refused := p.count()
	return desk.Minute{At: p.last.At, Accepted: accepted - p.last.Accepted, Refused: refused - p.last.Refused}
}

// Minutes gives those of the last hour, the newest of which is not over.
func (p *pulse) Minutes() []desk.Minute {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append(append([]desk.Minute{}, p.minutes...), p.since(time.Now()))
}
