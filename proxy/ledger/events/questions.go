package events

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"popbridge/proxy/ledger/database"
)

// What proxies know in their memory, such as who is logged in, is not written down: a
// poll would cost a write. Who wants to know asks instead, by an event, and each running
// proxy answers once.

// Reply is what a proxy has answered, as JSON.
type Reply struct {
	Proxy string
	Data  []byte
}

const (
	// questionLife is how long a question may stay whose command has died.
	questionLife = time.Minute
	// firstRoll is how soon answers are looked for, and rollInterval how often later on:
	// proxies that PostgreSQL wakes answer at once, others within a second.
	firstRoll, rollInterval = 5 * time.Millisecond, 100 * time.Millisecond
	// farewell bounds the removal of a question whose command was interrupted.
	farewell = 5 * time.Second
)

// Ask asks all running proxies by an event. It returns when every proxy has answered
// that is known to be running, or when wait is over; silent are those that have not. On
// SQLite, whose file one proxy serves, only the answer tells that it is running. It fails
// with database.ErrNeedsDisk where the ledger is in memory.
func (s *Store) Ask(ctx context.Context, e Event, wait time.Duration) (replies []Reply, silent []string, err error) {
	if !s.db.Durable() {
		return nil, nil, database.ErrNeedsDisk
	}
	e.Question = rand.Text()
	err = s.db.Update(ctx, func(tx database.Querier) error {
		if err := tx.Exec(ctx, "DELETE FROM questions WHERE NOT "+s.db.Recent("at", questionLife)); err != nil {
			return err
		}
		if err := tx.Exec(ctx, fmt.Sprintf("INSERT INTO questions (id, at) VALUES ($1, %s)", s.db.Now()), e.Question); err != nil {
			return err
		}
		return Publish(ctx, tx, e)
	})
	if err != nil {
		return nil, nil, s.db.Explain(err)
	}
	replies, silent, err = s.callRoll(ctx, e.Question, wait)
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
	defer cancel()
	forget := s.db.Update(last, func(tx database.Querier) error {
		return tx.Exec(last, "DELETE FROM questions WHERE id = $1", e.Question)
	})
	return replies, silent, s.db.Explain(errors.Join(err, forget))
}

// callRoll waits for the answers to a question.
func (s *Store) callRoll(ctx context.Context, question string, wait time.Duration) (replies []Reply, silent []string, err error) {
	end := time.After(wait)
	for interval := firstRoll; ; interval = min(2*interval, rollInterval) {
		answered, silent, err := s.readRoll(ctx, question)
		if err != nil {
			return nil, silent, err
		}
		if len(answered) > 0 && len(silent) == 0 {
			replies, err := s.replies(ctx, question)
			return replies, silent, err
		}
		select {
		case <-ctx.Done():
			return nil, silent, ctx.Err()
		case <-end:
			replies, err := s.replies(ctx, question)
			return replies, silent, err
		case <-time.After(interval):
		}
	}
}

// readRoll gives who has answered, and which proxies are running besides.
func (s *Store) readRoll(ctx context.Context, question string) (answered map[string]bool, silent []string, err error) {
	answered = make(map[string]bool)
	err = s.db.View().Each(ctx, func(scan func(...any) error) error {
		var proxy string
		err := scan(&proxy)
		answered[proxy] = true
		return err
	}, "SELECT proxy FROM presences WHERE question = $1", question)
	if err != nil || s.db.Driver() != database.Postgres {
		return answered, nil, err
	}
	err = s.db.View().Each(ctx, func(scan func(...any) error) error {
		var proxy string
		err := scan(&proxy)
		if !answered[proxy] {
			silent = append(silent, database.ProxyLabel(proxy))
		}
		return err
	}, "SELECT x.id FROM proxies x WHERE "+database.ProxyAlive+" ORDER BY x.id")
	return answered, silent, err
}

// replies gives the answers there are, which may be long.
func (s *Store) replies(ctx context.Context, question string) (replies []Reply, err error) {
	err = s.db.View().Each(ctx, func(scan func(...any) error) error {
		var proxy string
		var data []byte
		err := scan(&proxy, &data)
		replies = append(replies, Reply{database.ProxyLabel(proxy), data})
		return err
	}, "SELECT proxy, data FROM presences WHERE question = $1 ORDER BY proxy", question)
	return replies, err
}

// AnswerWith answers who has asked by an event. A question that is no longer waited for
// gets no answer.
func (s *Store) AnswerWith(ctx context.Context, question string, answer any) error {
	data, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	return s.db.Explain(s.db.Update(ctx, func(tx database.Querier) error {
		return tx.Exec(ctx, `INSERT INTO presences (question, proxy, data) SELECT q.id, $2, $3 FROM questions q WHERE q.id = $1
			ON CONFLICT (question, proxy) DO NOTHING`, question, s.proxy, data)
	}))
}
