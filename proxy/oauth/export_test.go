package oauth

import "time"

// Age makes every token in memory as old as if so much time had passed.
func Age(s *Source, by time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, h := range s.held {
		h.since, h.expires = h.since.Add(-by), h.expires.Add(-by)
		s.held[key] = h
	}
}
