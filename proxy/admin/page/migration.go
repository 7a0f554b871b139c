package page

import (
	"time"

	"popbridge/proxy/admin/desk"
)

// migrationView is how far accounts have left an old server.
type migrationView struct {
	desk.Migration
	Percent int       // of messages on old servers that are known by content
	From    int       // the first problem that is shown, counted from 1
	Next    int       // where the next part begins; 0: there is none
	Stuck   int       // problems in all
	Counted time.Time // zero: they are being counted for the first time
}

func loadMigration(v *visit) (any, error) {
	var m migrationView
	var err error
	if m.Migration, m.Counted, err = v.cache.migration.newest(v.Context()); err != nil {
		return nil, err
	}
	if m.Messages > 0 {
		m.Percent = int(100 * m.Known / m.Messages)
	}
	m.Stuck = len(m.Problems) + m.More
	begin := min(int(v.number("from")), len(m.Problems))
	end := min(begin+perPage, len(m.Problems))
	if m.From = begin + 1; end < len(m.Problems) {
		m.Next = end
	}
	m.Problems = m.Problems[begin:end]
	return m, nil
}

// remaining says how long a step will take.
func remaining(seconds int64) string { return long(time.Duration(seconds) * time.Second) }
