package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

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

func matchUniqueIDs(ctx context.Context, b *batch, force bool) error {
	done, err := migration.ForEach(ctx, b.Batch, "match", func(ctx context.Context, a migration.Account) (migration.MatchedAccount, error) {
		return b.site.MatchAccount(ctx, b.upstream["from"], b.upstream["to"], a, force)
	})
	if perr := printMatched(b, migration.Results(done)); perr != nil {
		return perr
	}
	return err
}

func printMatched(b *batch, list []migration.MatchedAccount) error {
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
