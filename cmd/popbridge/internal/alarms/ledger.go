package alarms

import (
	"context"
	"time"

	"popbridge/configs"
	"popbridge/proxy/ledger/notices"
)

// ledgerState is how the ledger was, for news that it cannot keep.
type ledgerState struct {
	since time.Time // since when it fails; zero: it does not
	told  bool      // of that
	last  time.Time // when that was told
	cause string
}

// ledgerFails is how long the ledger has to fail before that is news.
const ledgerFails = time.Minute

// ledger tells of a ledger that fails, and of its return, and reports whether it can be
// asked. Each proxy does for itself, and what cannot be delivered is tried again as long
// as it is true.
func (m *Messenger) ledger(ctx context.Context, to configs.Notify) bool {
	s, now := &m.failed, m.now()
	err := m.Ping(ctx)
	switch {
	case ctx.Err() != nil:
	case err == nil && s.told:
		if m.direct(ctx, to, notices.LedgerBack, s) == nil {
			*s = ledgerState{last: s.last}
		}
	case err == nil:
		s.since = time.Time{}
	case s.since.IsZero():
		s.since, s.cause = now, err.Error()
	case !s.told && now.Sub(s.since) >= ledgerFails && (s.last.IsZero() || now.Sub(s.last) >= to.MinInterval):
		s.cause = err.Error()
		if m.direct(ctx, to, notices.LedgerFailing, s) == nil {
			s.told, s.last = true, now
		}
	}
	return err == nil
}

// direct posts news past the ledger.
func (m *Messenger) direct(ctx context.Context, to configs.Notify, kind notices.Kind, s *ledgerState) error {
	now := m.now().UTC()
	n := notices.Notice{
		ID: notices.IDOf(kind, m.Proxy, s.since), Kind: kind, Times: 1, First: now, At: now,
		Facts: notices.Facts{Since: s.since.UTC(), Cause: s.cause},
	}
	err := m.post(ctx, to, m.message(n))
	if err != nil && ctx.Err() == nil {
		m.Log.Warn("operators cannot be told of the ledger; it is tried again", "cause", err)
	}
	return err
}
