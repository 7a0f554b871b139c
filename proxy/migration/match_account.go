package migration

import (
	"context"
	"errors"
	"fmt"

	"popbridge/proxy/ledger/progress"
	"popbridge/translate"
)

// MatchedAccount is what is said of one account.
type MatchedAccount struct {
	Account   string         `json:"account"`
	Old       int            `json:"old"`
	New       int            `json:"new"`
	Matched   int            `json:"matched"`
	Reasons   map[string]int `json:"reasons"`
	OldOnly   int            `json:"old_only"`
	NewOnly   int            `json:"new_only"`
	Ambiguous int            `json:"ambiguous"`
	Repeated  int            `json:"repeated"`
	Headers   int            `json:"headers_read"`
	Bodies    int            `json:"bodies_read"`
	Error     string         `json:"error,omitempty"`
}

// MatchAccount matches an account and notes what came of it. An account that is not
// matched in full is an error too. What could not be matched at all says nothing of
// the match before, which is kept, with what was noted of it.
func (s *Site) MatchAccount(ctx context.Context, from, to string, a Account, how Take) (MatchedAccount, error) {
	m, err := s.Match(ctx, from, to, a, how)
	if errors.Is(err, ErrLess) {
		err = fmt.Errorf("%w; what was matched before is kept; check that the servers are the right ones; only if they are, --force replaces it all the same", err)
	}
	if err != nil {
		said := MatchedAccount{Account: a.Name, Error: causeText(err)}
		if how == DryRun {
			return said, err
		}
		return said, errors.Join(err, s.fail(ctx, a.Name, progress.Matched, err))
	}
	said := matched(a.Name, m)
	if err = said.problem(m.Unread); err != nil {
		said.Error = causeText(err)
	}
	if how == DryRun {
		return said, err
	}
	if unnoted := s.reach(ctx, a.Name, progress.Matched, err == nil, said.text()); unnoted != nil {
		return said, unnoted
	}
	return said, err
}

func matched(account string, m Matching) MatchedAccount {
	said := MatchedAccount{
		Account: account, Old: m.Old, New: m.New, Matched: len(m.Pairs), Reasons: make(map[string]int),
		OldOnly: len(m.OldOnly), NewOnly: len(m.NewOnly), Repeated: len(m.Repeated), Headers: m.Headers, Bodies: m.Bodies,
	}
	for _, p := range m.Pairs {
		said.Reasons[p.Reason.String()]++
	}
	for _, g := range m.Ambiguous {
		said.Ambiguous += len(g.Old)
	}
	return said
}

// problem is why an account is not matched in full; nil where it is. A message that
// is on the new server alone is new mail.
func (m MatchedAccount) problem(unread error) error {
	open := m.OldOnly + m.Ambiguous + m.Repeated
	switch {
	case open > 0 && unread != nil:
		return fmt.Errorf("%s; %w", m.text(), unread)
	case open > 0:
		return errors.New(m.text())
	}
	return nil
}

// text is the result in one line.
func (m MatchedAccount) text() string {
	text := fmt.Sprintf("%d of %s matched", m.Matched, translate.Count(m.Old, "message"))
	for _, part := range []struct {
		n    int
		what string
	}{
		{m.OldOnly, "not on the new server"}, {m.Ambiguous, "ambiguous"}, {m.Repeated, "with a unique-id that another one has"}, {m.NewOnly, "new"},
	} {
		if part.n > 0 {
			text += fmt.Sprintf(", %d %s", part.n, part.what)
		}
	}
	return text
}
