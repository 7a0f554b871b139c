package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"popbridge/proxy/migration"
	"popbridge/translate"
)

func migrateMatchCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "match --from OLD --to NEW (--account A | --accounts FILE)",
		Short: "Find old messages again on the new server",
		Long: `Find out which message on the new server is which of those remembered from the old one,
so that devices keep their unique-ids when an account moves: first by octets and order,
then by the header, then by Message-ID and date, and by the body if several messages
have the same header. Each step reads only what it needs. Nothing is changed on either
server, and nothing is guessed: an ambiguous message is reported, and gets a new
unique-id. Identical messages are paired in order.

The result is stored in the ledger and used at the account's first login on the new
server. Two cases are refused without --force: a new mailbox that is empty although
messages in it are known, and a match that finds fewer messages than the one before. The
exit code is 1 if an account could not be matched, or not completely.`,
		Example: `  popbridge migrate match --from old --to new --account alice@example.org --password-file /run/alice
  popbridge migrate match --from old --to new --accounts accounts.txt --parallel 8`,
	}
	take := takeFlags(cmd, "keep the match also where it holds less than the one before")
	return batchCommand(acting(cmd), []string{"from", "to"}, func(ctx context.Context, b *batch) error { return matchUniqueIDs(ctx, b, take()) })
}

func matchUniqueIDs(ctx context.Context, b *batch, how migration.Take) error {
	done, err := migration.ForEach(ctx, b.Batch, "match", func(ctx context.Context, a migration.Account) (migration.MatchedAccount, error) {
		return b.site.MatchAccount(ctx, b.upstream["from"], b.upstream["to"], a, how)
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
	var lines []outcome
	old, matched := 0, 0
	for _, r := range list {
		old, matched = old+r.Old, matched+r.Matched
		lines = append(lines, outcome{[]string{
			r.Account, strconv.Itoa(r.Old), strconv.Itoa(r.New), strconv.Itoa(r.Matched), strconv.Itoa(r.OldOnly), strconv.Itoa(r.Ambiguous),
			strconv.Itoa(r.Repeated), strconv.Itoa(r.NewOnly), fmt.Sprintf("%d headers, %d bodies", r.Headers, r.Bodies), r.Error,
		}, r.Error != ""})
	}
	total := fmt.Sprintf("%d of %s matched in full; %d of %s matched", len(list)-problems(lines), translate.Count(len(b.Accounts), "account"), matched, translate.Count(old, "message"))
	return b.report(b.all, []string{"ACCOUNT", "OLD", "NEW", "MATCHED", "NOT THERE", "AMBIGUOUS", "REPEATED", "NEW ONLY", "READ", "PROBLEM"}, lines, total)
}
