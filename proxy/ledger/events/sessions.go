package events

import (
	"context"
	"encoding/json"
	"time"

	"popbridge/proxy/backend"
	"popbridge/proxy/ledger/database"
)

// Roll is what running proxies have answered.
type Roll struct {
	// Present are the sessions of each proxy that has answered, by its name.
	Present map[string][]backend.SessionInfo
	// Silent are proxies that seem to be running, and have not answered.
	Silent []string
}

// Who asks all running proxies for their sessions of an account, or where it is
// empty for all; see Ask.
func (s *Store) Who(ctx context.Context, account string, wait time.Duration) (Roll, error) {
	roll := Roll{Present: make(map[string][]backend.SessionInfo)}
	answers, silent, err := s.Ask(ctx, Event{Kind: Who, Account: account}, wait)
	if err != nil {
		return roll, err
	}
	roll.Silent = silent
	for _, a := range answers {
		var present []backend.SessionInfo
		if err := json.Unmarshal(a.Data, &present); err != nil {
			return roll, database.ErrDamaged
		}
		for i := range present {
			present[i].Account, present[i].Device = database.Unname(present[i].Account), database.Unname(present[i].Device)
		}
		roll.Present[a.Proxy] = append(roll.Present[a.Proxy], present...)
	}
	return roll, nil
}

// Answer gives this proxy's sessions to who has asked by an Event of kind Who.
func (s *Store) Answer(ctx context.Context, question string, present []backend.SessionInfo) error {
	named := make([]backend.SessionInfo, len(present))
	for i, p := range present {
		p.Account, p.Device = database.Name(p.Account), database.Name(p.Device)
		named[i] = p
	}
	return s.AnswerWith(ctx, question, named)
}
