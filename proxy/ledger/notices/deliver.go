package notices

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"popbridge/proxy/ledger/database"
)

const (
	// claimed is how long who has claimed news may take to deliver it; who takes longer is
	// dead.
	claimed = time.Minute
	// first and longest are the pauses before news is tried again.
	first, longest = 5 * time.Second, 5 * time.Minute
	// forgotten is how long what was delivered is remembered, for the least interval.
	forgotten = 30 * 24 * time.Hour
)

// Notice is news that is to be delivered.
type Notice struct {
	ID      string // the same whoever delivers it, and however often
	Kind    Kind
	Subject string
	Facts   Facts
	Times   int64 // that it has happened since it was last told
	First   time.Time
	At      time.Time // the last time
	Tries   int       // that have failed
	at      int64
}

// Claim gives what is to be delivered now, the oldest first, at most limit. Nobody else gets
// it for a minute.
func (s *Store) Claim(ctx context.Context, limit int) (list []Notice, err error) {
	c := s.db.View()
	now, err := s.now(ctx, c)
	if err != nil {
		return nil, s.db.Explain(err)
	}
	var due [][2]string
	err = c.Each(ctx, func(scan func(...any) error) error {
		var k [2]string
		err := scan(&k[0], &k[1])
		due = append(due, k)
		return err
	}, "SELECT kind, subject FROM notices WHERE pending AND next_at <= $1 AND claimed_until <= $1 ORDER BY at LIMIT $2", now, limit)
	if err != nil || len(due) == 0 {
		return nil, s.db.Explain(err)
	}
	err = s.db.Update(ctx, func(tx database.Querier) error {
		list = list[:0]
		for _, k := range due {
			n := Notice{Kind: Kind(k[0]), Subject: database.Unname(k[1])}
			var data string
			var began int64
			err := tx.Row(ctx, `UPDATE notices SET claim = $3, claimed_until = $4 WHERE kind = $1 AND subject = $2 AND pending AND next_at <= $5 AND claimed_until <= $5
				RETURNING data, times, first_at, at, tries`, k[0], k[1], s.proxy, now+claimed.Milliseconds(), now).Scan(&data, &n.Times, &began, &n.at, &n.Tries)
			if errors.Is(err, sql.ErrNoRows) {
				continue // another proxy was faster
			}
			if err != nil {
				return err
			}
			if err := json.Unmarshal([]byte(data), &n.Facts); err != nil {
				return err
			}
			n.First, n.At = database.Moment(began), database.Moment(n.at)
			n.ID = IDOf(n.Kind, n.Subject, n.First)
			list = append(list, n)
		}
		return nil
	})
	if err != nil {
		return nil, s.db.Explain(err)
	}
	return list, nil
}

// IDOf names one piece of news.
func IDOf(kind Kind, subject string, first time.Time) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%d", kind, subject, first.UnixMilli()))
	return "msg_" + hex.EncodeToString(sum[:16])
}

// Delivered says that news has arrived. What has happened since it was claimed is to be told
// when its time has come.
func (s *Store) Delivered(ctx context.Context, n Notice) error {
	return s.db.Explain(s.db.Update(ctx, func(tx database.Querier) error {
		now, err := s.now(ctx, tx)
		if err != nil {
			return err
		}
		if err := tx.Exec(ctx, "DELETE FROM notices WHERE NOT pending AND sent_at < $1", now-forgotten.Milliseconds()); err != nil {
			return err
		}
		return tx.Exec(ctx, `UPDATE notices SET pending = at > $4, times = times - $5, first_at = at, sent_at = $6, next_at = $7, tries = 0, claimed_until = 0
			WHERE kind = $1 AND subject = $2 AND claim = $3`, string(n.Kind), database.Name(n.Subject), s.proxy, n.at, n.Times, now, now+s.interval.Load())
	}))
}

// Failed says that it could not be delivered, and has it be tried again after a pause that
// doubles, from five seconds to five minutes.
func (s *Store) Failed(ctx context.Context, n Notice) error {
	return s.db.Explain(s.db.Update(ctx, func(tx database.Querier) error {
		now, err := s.now(ctx, tx)
		if err != nil {
			return err
		}
		pause := min(first<<min(n.Tries, 16), longest)
		return tx.Exec(ctx, "UPDATE notices SET tries = tries + 1, next_at = $4, claimed_until = 0 WHERE kind = $1 AND subject = $2 AND claim = $3",
			string(n.Kind), database.Name(n.Subject), s.proxy, now+pause.Milliseconds())
	}))
}

// Pending is how much news waits to be delivered.
func (s *Store) Pending(ctx context.Context) (n int64, err error) {
	err = s.db.View().Row(ctx, "SELECT COUNT(*) FROM notices WHERE pending").Scan(&n)
	return n, s.db.Explain(err)
}
