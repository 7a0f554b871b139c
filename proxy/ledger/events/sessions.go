package events

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"popbridge/proxy/backend"
	"popbridge/proxy/ledger/database"
)

// Sessions are not written down: a poll would cost a write. Who wants to know asks
// instead, by an event, and each running proxy answers once.

// Roll is what running proxies have answered.
type Roll struct {
	// Present are the sessions of each proxy that has answered, by its name.
	Present map[string][]backend.SessionInfo
	// Silent are proxies that seem to be running, and have not answered.
	Silent []string
}

const (
	// questionLife is how long a question may stay whose command has died.
	questionLife = time.Minute
	// rollInterval is how often answers are looked for.
	rollInterval = 100 * time.Millisecond
	// farewell bounds the removal of a question whose command was interrupted.
	farewell = 5 * time.Second
)

// Who asks all running proxies for their sessions of an account, or where it is
// empty for all. It returns when every proxy has answered that is known to be
// running, or when wait is over; on SQLite, whose file one proxy serves, only the
// answer tells that it is running. It fails with database.ErrNeedsDisk where the ledger is
// in memory.
func (s *Store) Who(ctx context.Context, account string, wait time.Duration) (Roll, error) {
	if !s.db.Durable() {
		return Roll{}, database.ErrNeedsDisk
	}
	question := rand.Text()
	err := s.db.Update(ctx, func(tx database.Querier) error {
		if err := tx.Exec(ctx, "DELETE FROM questions WHERE NOT "+s.db.Recent("at", questionLife)); err != nil {
			return err
		}
		if err := tx.Exec(ctx, fmt.Sprintf("INSERT INTO questions (id, at) VALUES ($1, %s)", s.db.Now()), question); err != nil {
			return err
		}
		return Publish(ctx, tx, Event{Kind: Who, Account: account, Question: question})
	})
	if err != nil {
		return Roll{}, s.db.Explain(err)
	}
	roll, err := s.callRoll(ctx, question, wait)
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
	defer cancel()
	forget := s.db.Update(last, func(tx database.Querier) error { return tx.Exec(last, "DELETE FROM questions WHERE id = $1", question) })
	return roll, s.db.Explain(errors.Join(err, forget))
}

// callRoll waits for the answers to a question.
func (s *Store) callRoll(ctx context.Context, question string, wait time.Duration) (Roll, error) {
	end := time.After(wait)
	ticker := time.NewTicker(rollInterval)
	defer ticker.Stop()
	for {
		roll, err := s.readRoll(ctx, question)
		if err != nil || len(roll.Present) > 0 && len(roll.Silent) == 0 {
			return roll, err
		}
		select {
		case <-ctx.Done():
			return roll, ctx.Err()
		case <-end:
			return roll, nil
		case <-ticker.C:
		}
	}
}

// readRoll gives the answers there are, and which proxies are running besides.
func (s *Store) readRoll(ctx context.Context, question string) (Roll, error) {
	roll := Roll{Present: make(map[string][]backend.SessionInfo)}
	answered := make(map[string]bool)
	err := s.db.View().Each(ctx, func(scan func(...any) error) error {
		var proxy string
		var data []byte
		if err := scan(&proxy, &data); err != nil {
			return err
		}
		var present []backend.SessionInfo
		if err := json.Unmarshal(data, &present); err != nil {
			return database.ErrDamaged
		}
		for i := range present {
			present[i].Account, present[i].Device = database.Unname(present[i].Account), database.Unname(present[i].Device)
		}
		answered[proxy] = true
		roll.Present[database.ProxyLabel(proxy)] = append(roll.Present[database.ProxyLabel(proxy)], present...)
		return nil
	}, "SELECT proxy, data FROM presences WHERE question = $1 ORDER BY proxy", question)
	if err != nil || s.db.Driver() != database.Postgres {
		return roll, err
	}
	err = s.db.View().Each(ctx, func(scan func(...any) error) error {
		var proxy string
		err := scan(&proxy)
		if !answered[proxy] {
			roll.Silent = append(roll.Silent, database.ProxyLabel(proxy))
		}
		return err
	}, "SELECT x.id FROM proxies x WHERE "+database.ProxyAlive+" ORDER BY x.id")
	return roll, err
}

// Answer gives this proxy's sessions to who has asked by an Event of kind Who. A
// question that is no longer waited for gets no answer.
func (s *Store) Answer(ctx context.Context, question string, present []backend.SessionInfo) error {
	named := make([]backend.SessionInfo, len(present))
	for i, p := range present {
		p.Account, p.Device = database.Name(p.Account), database.Name(p.Device)
		named[i] = p
	}
	data, err := json.Marshal(named)
	if err != nil {
		return err
	}
	return s.db.Explain(s.db.Update(ctx, func(tx database.Querier) error {
		return tx.Exec(ctx, `INSERT INTO presences (question, proxy, data) SELECT q.id, $2, $3 FROM questions q WHERE q.id = $1
			ON CONFLICT (question, proxy) DO NOTHING`, question, s.proxy, data)
	}))
}
