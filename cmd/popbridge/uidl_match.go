package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"popbridge/proxy/ledger"
	"popbridge/proxy/migration"
)

func uidlMatchCommand() *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:   "match --from OLD --to NEW (--account A | --accounts FILE) --config FILE",
		Short: "Find old messages again on the new server",
		Long: `Find out which message on the new server is which of those that are remembered of
the old one, so that devices keep their unique-ids when an account moves. From cheap to
dear: by octets and order, by the header, by Message-ID and date, and by the body where
several messages have one header. Only what a step needs is read, nothing is changed on
either server, and nothing is guessed: what stays ambiguous is reported, and gets a new
unique-id. Identical messages pair in order.

What was found is kept in the ledger and used by the account's first login on the new
server. A new mailbox that is empty although messages of it are known, and a match that
finds less again than the one before, are refused without --force. Ends with 1 where an
account could not be matched, or not in full.`,
		Example: `  popbridge uidl match --from old --to new --account alice@example.org --password-file /run/alice --config popbridge.yaml
  popbridge uidl match --from old --to new --accounts accounts.txt --parallel 8 --config popbridge.yaml`,
	}
	cmd.Flags().BoolVar(&force, "force", false, "keep the match also where it holds less than the one before")
	return batchCommand(cmd, []string{"from", "to"}, func(ctx context.Context, b *batch) error { return matchUniqueIDs(ctx, b, force) })
}

// matchedAccount is what is said of one account.
type matchedAccount struct {
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

func matchUniqueIDs(ctx context.Context, b *batch, force bool) error {
	from, to := b.upstream["from"], b.upstream["to"]
	done, err := forEach(ctx, b, "match", func(ctx context.Context, a migration.Account) (matchedAccount, error) {
		m, err := b.site.Match(ctx, from, to, a, force)
		if errors.Is(err, migration.ErrLess) {
			err = fmt.Errorf("%w; what was matched before is kept; see that the servers are the right ones; --force replaces it all the same", err)
		}
		if err != nil {
			return matchedAccount{Account: a.Name, Error: causeText(err)}, err
		}
		result := matched(a.Name, m)
		err = result.problem(m.Unread)
		if err != nil {
			result.Error = causeText(err)
		}
		note := ledger.Milestone{Account: a.Name, Step: ledger.Matched, Good: err == nil, Note: result.text()}
		if rerr := b.store.Reach(ctx, note); rerr != nil {
			return result, rerr
		}
		return result, err
	})
	list := make([]matchedAccount, len(done))
	for i, d := range done {
		list[i] = d.Result
	}
	if perr := printMatched(b, list); perr != nil {
		return perr
	}
	return err
}

func matched(account string, m migration.Matching) matchedAccount {
	r := matchedAccount{
		Account: account, Old: m.Old, New: m.New, Matched: len(m.Pairs), Reasons: make(map[string]int),
		OldOnly: len(m.OldOnly), NewOnly: len(m.NewOnly), Repeated: len(m.Repeated), Headers: m.Headers, Bodies: m.Bodies,
	}
	for _, p := range m.Pairs {
		r.Reasons[p.Reason.String()]++
	}
	for _, g := range m.Ambiguous {
		r.Ambiguous += len(g.Old)
	}
	return r
}

// problem is why an account is not matched in full; nil where it is. A message that
// is on the new server alone is new mail.
func (r matchedAccount) problem(unread error) error {
	open := r.OldOnly + r.Ambiguous + r.Repeated
	switch {
	case open > 0 && unread != nil:
		return fmt.Errorf("%s; %w", r.text(), unread)
	case open > 0:
		return fmt.Errorf("%s", r.text())
	}
	return nil
}

// text is the result in one line.
func (r matchedAccount) text() string {
	text := fmt.Sprintf("%d of %s matched", r.Matched, count(r.Old, "message"))
	for _, part := range []struct {
		n    int
		what string
	}{
		{r.OldOnly, "not on the new server"}, {r.Ambiguous, "ambiguous"}, {r.Repeated, "with a unique-id that another one has"}, {r.NewOnly, "new"},
	} {
		if part.n > 0 {
			text += fmt.Sprintf(", %d %s", part.n, part.what)
		}
	}
	return text
}

func printMatched(b *batch, list []matchedAccount) error {
	if b.json {
		return b.print(list)
	}
	t := newTable(b.out, "", "ACCOUNT", "OLD", "NEW", "MATCHED", "NOT THERE", "AMBIGUOUS", "REPEATED", "NEW ONLY", "READ")
	for _, r := range list {
		t.row(r.Account, strconv.Itoa(r.Old), strconv.Itoa(r.New), strconv.Itoa(r.Matched), strconv.Itoa(r.OldOnly), strconv.Itoa(r.Ambiguous),
			strconv.Itoa(r.Repeated), strconv.Itoa(r.NewOnly), fmt.Sprintf("%d headers, %d bodies", r.Headers, r.Bodies))
	}
	return t.end()
}
