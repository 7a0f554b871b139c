package limiter

import (
	"context"
	"time"

	"popbridge/translate"
)

const (
	// shareInterval is how often proxies tell each other what they have counted.
	// Until then each allows as many failures as one.
	shareInterval = time.Second
	// shareTimeout is how long a database may take for it.
	shareTimeout = 10 * time.Second
	// untoldMax bounds what is kept for a database that is gone.
	untoldMax = 1 << 16
)

// Exchange tells other proxies of failures that this one has counted in a window,
// and gives what all have counted, of subjects that have changed since it was last
// called.
type Exchange func(ctx context.Context, untold []translate.Failures, window time.Duration) ([]translate.Failures, error)

// Share tells other proxies of failures, and hears of theirs, until ctx ends. It
// costs one transaction a second where there were any, and one read where there
// were none; what a database that is gone was not told is told later. window gives
// the one that holds now; 0: there is none yet. failed hears why nothing was shared.
func (l *Limiter) Share(ctx context.Context, exchange Exchange, window func() time.Duration, failed func(error)) {
	ticker := time.NewTicker(shareInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if w := window(); w > 0 {
			if err := l.shareOnce(ctx, exchange, w); err != nil {
				failed(err)
			}
		}
	}
}

func (l *Limiter) shareOnce(ctx context.Context, exchange Exchange, window time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, shareTimeout)
	defer cancel()
	untold := l.takeUntold()
	heard, err := exchange(ctx, untold, window)
	if err != nil {
		l.returnUntold(untold)
		return err
	}
	l.hear(heard, window)
	return nil
}

// takeUntold gives what others do not know yet.
func (l *Limiter) takeUntold() (untold []translate.Failures) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for of, n := range l.untold {
		untold = append(untold, translate.Failures{Subject: uint64(of), Count: n})
	}
	clear(l.untold)
	return untold
}

// returnUntold keeps for later what could not be told.
func (l *Limiter) returnUntold(untold []translate.Failures) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range untold {
		if len(l.untold) < untoldMax {
			l.untold[subject(f.Subject)] += f.Count
		}
	}
}

// hear takes what all proxies together have counted. What was counted here since
// it was told comes on top; and nothing that was counted here is forgotten.
func (l *Limiter) hear(heard []translate.Failures, window time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	for _, h := range heard {
		of := subject(h.Subject)
		known := l.standing(of, now, window).failed
		if count := h.Count + l.untold[of]; count > known {
			l.failed.Put(of, failures{began: now - h.Age, count: int32(count)}, now, window)
		}
	}
}
