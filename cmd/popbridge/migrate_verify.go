package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"popbridge/proxy/migration"
	"popbridge/translate"
)

func migrateVerifyCommand() *cobra.Command {
	var hashes bool
	cmd := &cobra.Command{
		Use:   "verify --from OLD --to NEW (--account A | --accounts FILE)",
		Short: "Compare what devices see before and after a move",
		Long: `Compare what a device sees on the old server with what it would see through popbridge on
the new one: the number of messages, their order, unique-ids and octets. With --hashes,
every message is read on both servers and the contents are compared too, except for
header fields that servers and copying tools are known to change. Nothing is changed.

The verdict is "ready" even if there is new mail, if mail was deleted on the old server
since, or if octets differ: old servers' octets are often wrong anyway. It is "not
ready" if a device would lose messages, download them again, or see them in another
order; these messages are listed by their unique-ids on the old server. The exit code is
1 if an account is not ready.`,
		Example: `  popbridge migrate verify --from old --to new --account alice@example.org --password-file /run/alice
  popbridge migrate verify --from old --to new --accounts accounts.txt --parallel 8 --json > verdicts.json`,
	}
	cmd.Flags().BoolVar(&hashes, "hashes", false, "read every message on both servers and compare the contents")
	return batchCommand(cmd, []string{"from", "to"}, func(ctx context.Context, b *batch) error { return verifyAccounts(ctx, b, hashes) })
}

func verifyAccounts(ctx context.Context, b *batch, hashes bool) error {
	done, err := migration.ForEach(ctx, b.Batch, "verify", func(ctx context.Context, a migration.Account) (migration.VerifiedAccount, error) {
		return b.site.VerifyAccount(ctx, b.upstream["from"], b.upstream["to"], a, hashes)
	})
	return errors.Join(printVerified(b, migration.Results(done)), err)
}

func printVerified(b *batch, list []migration.VerifiedAccount) error {
	if b.json {
		return b.print(list)
	}
	var lines []outcome
	for _, r := range list {
		verdict := r.Verdict
		if r.Error != "" {
			verdict = "failed: " + r.Error
		}
		lines = append(lines, outcome{[]string{r.Account, strconv.Itoa(r.Old), strconv.Itoa(r.New), verdict}, !r.Ready})
	}
	var end strings.Builder
	for _, r := range list {
		explain(r, &end)
	}
	fmt.Fprintf(&end, "%d of %s ready", len(list)-problems(lines), translate.Count(len(b.Accounts), "account"))
	return b.report(b.all, []string{"ACCOUNT", "OLD", "NEW", "VERDICT"}, lines, end.String())
}

// shownIDs is how many unique-ids of a sort are named on a terminal; JSON has all.
const shownIDs = 10

// explain names the messages that keep an account from being ready, and what to do.
func explain(r migration.VerifiedAccount, out io.Writer) {
	changed := make([]string, 0, len(r.OtherIDs))
	for _, id := range sortedKeys(r.OtherIDs) {
		changed = append(changed, id+" (new: "+r.OtherIDs[id]+")")
	}
	for _, f := range []struct {
		ids  []string
		what string
	}{
		{r.Unmatched, "not found on the new server; copy again, then match again"},
		{r.StruckOut, `marked \Deleted on the new server, and not listed; write maildrop.struck_out = "show", or take the mark off`},
		{changed, "would come under another unique-id; match again"},
		{r.OutOfOrder, `out of order; write maildrop.order = "old"`},
		{r.Altered, "the copy has other content; copy again, then match again"},
	} {
		if len(f.ids) == 0 {
			continue
		}
		rest := ""
		if more := len(f.ids) - shownIDs; more > 0 {
			rest = fmt.Sprintf(", and %d more, which --json prints", more)
		}
		shown := f.ids[:min(shownIDs, len(f.ids))]
		fmt.Fprintf(out, "%s: %s: %s%s\n", r.Account, f.what, printable(strings.Join(shown, ", ")), rest)
	}
}
