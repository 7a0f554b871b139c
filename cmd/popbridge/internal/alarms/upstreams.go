package alarms

import (
	"context"
	"errors"
	"sync"
	"time"

	"popbridge/configs"
)

// sight is what the watchman has seen of an upstream.
type sight struct {
	asked time.Time // when it was last asked
	err   error     // what came of it
	told  time.Time // when the ledger was last told that it is away; zero: it is not
}

func (w *Watchman) sight(name string) *sight {
	if w.seen == nil {
		w.seen = make(map[string]*sight)
	}
	if w.seen[name] == nil {
		w.seen[name] = new(sight)
	}
	return w.seen[name]
}

func (w *Watchman) now() time.Time {
	if w.Now != nil {
		return w.Now()
	}
	return time.Now()
}

// awayFor is how long an upstream has to be away before that is news.
const awayFor = 5 * time.Minute

// upstreams asks those that are away whether they are back, tells the ledger of both, and
// gives those that any proxy of the ledger cannot reach.
func (w *Watchman) upstreams(ctx context.Context) (map[string]bool, error) {
	said, err := w.Watches.Away(ctx)
	if err != nil {
		return nil, err
	}
	mine, lost := make(map[string]bool), make(map[string]bool)
	for _, a := range said {
		mine[a.Upstream] = mine[a.Upstream] || a.Mine
		lost[a.Upstream] = lost[a.Upstream] || a.Lost
	}
	cfg := w.Config()
	var asking sync.WaitGroup
	for name, u := range cfg.Upstream {
		if s := w.sight(name); !w.Health(name).Away.IsZero() || lost[name] {
			asking.Go(func() { w.ask(ctx, s, u) })
		}
	}
	asking.Wait()
	for name := range cfg.Upstream {
		if err := w.tell(ctx, name, mine[name], lost[name]); err != nil {
			return nil, err
		}
	}
	if said, err = w.Watches.Away(ctx); err != nil {
		return nil, err
	}
	away := make(map[string]bool)
	for _, a := range said {
		if _, there := cfg.Upstream[a.Upstream]; there {
			if w.Wanted() {
				if err := w.Watches.TellAway(ctx, a.Upstream, awayFor); err != nil {
					return nil, err
				}
			}
			away[a.Upstream] = true
			continue
		}
		// It is none any more: what was said of it has no end otherwise.
		if err := w.Watches.Back(ctx, a.Upstream); err != nil {
			return nil, err
		}
	}
	return away, nil
}

// tell writes down whether an upstream is away for this proxy. mine says that it has said
// so, and lost that one has which has ended.
func (w *Watchman) tell(ctx context.Context, name string, mine, lost bool) error {
	s, health, now := w.sight(name), w.Health(name), w.now()
	switch {
	case !health.Away.IsZero():
		if mine && now.Sub(s.told).Abs() < probeEvery {
			return nil
		}
		s.told = now
		return w.Watches.Gone(ctx, name, max(now.Sub(health.Away), 0))
	case mine, lost && (s.err == nil || errors.Is(s.err, errNoAddress)):
		s.told = time.Time{}
		return w.Watches.Back(ctx, name)
	}
	return nil
}

// ask connects to an upstream, if it was not asked a moment ago. It reports what has come
// of that.
func (w *Watchman) ask(ctx context.Context, s *sight, u configs.Upstream) error {
	if now := w.now(); now.Sub(s.asked).Abs() >= probeEvery {
		ctx, cancel := context.WithTimeout(ctx, probePatience)
		defer cancel()
		s.asked, s.err = now, errNoAddress
		if u.Address != "" {
			s.err = w.Probe(ctx, u)
			w.Looked(u.Name, s.err)
		}
	}
	return s.err
}

var errNoAddress = errors.New("a directory gives its address for each account, so that it cannot be tried without one")

// answers reports whether an upstream is known to be there: by a login of the last minute,
// or since it is asked now. One whose address is not known counts as there.
func (w *Watchman) answers(ctx context.Context, name string) bool {
	u, ok := w.Config().Upstream[name]
	if !ok || u.Address == "" || w.now().Sub(w.Health(name).Answered) < time.Minute {
		return true
	}
	return w.ask(ctx, w.sight(name), u) == nil
}
