package proxy

import (
	"context"
	"time"

	"popbridge/translate"
)

const (
	// shareInterval is how often proxies tell each other what they have counted.
	// Until then each allows as many failures as one.
	shareInterval = time.Second
	// sharePatience is how long a database may take for it.
	sharePatience = 10 * time.Second
	// newsKept bounds what is kept for a database that is gone.
	newsKept = 1 << 16
)

// share tells other proxies of failures, and hears of theirs, until ctx ends. It
// costs one transaction a second where there were any, and one read where there
// were none; what a database that is gone was not told is told later.
func (s *Server) share(ctx context.Context) {
	ticker := time.NewTicker(shareInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		s.shareOnce(ctx)
	}
}

func (s *Server) shareOnce(ctx context.Context) {
	s.mu.Lock()
	gen := s.current
	s.mu.Unlock()
	if gen == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, sharePatience)
	defer cancel()
	window := gen.Limits.FailureWindow
	news := s.guard.takeNews()
	heard, err := s.backend.ShareFailures(ctx, news, window)
	if err != nil {
		s.guard.returnNews(news)
		s.log.Debug("failed logins are not shared with other proxies now", "error", err)
		return
	}
	s.guard.hear(heard, window)
}

// takeNews gives what others do not know yet.
func (g *guard) takeNews() (news []translate.Failures) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for of, n := range g.news {
		news = append(news, translate.Failures{Subject: uint64(of), Count: n})
	}
	clear(g.news)
	return news
}

// returnNews keeps for later what could not be told.
func (g *guard) returnNews(news []translate.Failures) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, f := range news {
		if len(g.news) < newsKept {
			g.news[subject(f.Subject)] += f.Count
		}
	}
}

// hear takes what all proxies together have counted. What was counted here since
// it was told comes on top; and nothing that was counted here is forgotten.
func (g *guard) hear(heard []translate.Failures, window time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	for _, h := range heard {
		of := subject(h.Subject)
		known := g.standing(of, now, window).Failed
		if count := h.Count + g.news[of]; count > known {
			g.failed.put(of, failures{began: now - h.Age, count: int32(count)}, now, window)
		}
	}
}
