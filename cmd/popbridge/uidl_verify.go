package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"popbridge/proxy/ledger"
	"popbridge/proxy/migration"
)

func uidlVerifyCommand() *cobra.Command {
	var hashes bool
	cmd := &cobra.Command{
		Use:   "verify --from OLD --to NEW (--account A | --accounts FILE) --config FILE",
		Short: "Compare what devices see before and after a move",
		Long: `Compare what a device sees from the old server with what it would see from popbridge
on the new one: how many messages, in which order, under which unique-ids, with how
many octets; with --hashes their contents too, for which every message is read on both
servers. Header fields that servers and copying programs change do not count. Nothing
is changed.

The verdict is "ready", also where mail is new, was deleted on the old server since, or
has other octets: old servers' octets lie too. It is "not ready" where a device would
lose, download again, or reorder messages; these are named, by their unique-ids on the
old server. Ends with 1 where an account is not ready.`,
		Example: `  popbridge uidl verify --from old --to new --account alice@example.org --password-file /run/alice --config popbridge.yaml
  popbridge uidl verify --from old --to new --accounts accounts.txt --parallel 8 --json --config popbridge.yaml > verdicts.json`,
	}
	cmd.Flags().BoolVar(&hashes, "hashes", false, "read every message on both servers and compare the contents")
	return batchCommand(cmd, []string{"from", "to"}, func(ctx context.Context, b *batch) error { return verifyAccounts(ctx, b, hashes) })
}

// verifiedAccount is what is said of one account.
type verifiedAccount struct {
	Account    string            `json:"account"`
	Ready      bool              `json:"ready"`
	Verdict    string            `json:"verdict"`
	Old        int               `json:"old"`
	New        int               `json:"new"`
	Hashes     bool              `json:"hashes"`
	Unmatched  []string          `json:"unmatched,omitempty"`
	StruckOut  []string          `json:"struck_out,omitempty"`
	OtherIDs   map[string]string `json:"other_unique_ids,omitempty"`
	OutOfOrder []string          `json:"out_of_order,omitempty"`
	Altered    []string          `json:"other_content,omitempty"`
	Resized    []string          `json:"other_octets,omitempty"`
	Added      []string          `json:"new_messages,omitempty"`
	Deleted    []string          `json:"deleted_on_old,omitempty"`
	Error      string            `json:"error,omitempty"`
}

func verifyAccounts(ctx context.Context, b *batch, hashes bool) error {
	from, to := b.upstream["from"], b.upstream["to"]
	done, err := forEach(ctx, b, "verify", func(ctx context.Context, a migration.Account) (verifiedAccount, error) {
		v, err := b.site.Verify(ctx, from, to, a, hashes)
		if err != nil {
			return verifiedAccount{Account: a.Name, Error: causeText(err)}, err
		}
		result := verified(a.Name, v)
		note := ledger.Milestone{Account: a.Name, Step: ledger.Verified, Good: result.Ready, Note: result.Verdict}
		if err := b.store.Reach(ctx, note); err != nil {
			return result, err
		}
		if !result.Ready {
			return result, errors.New(result.Verdict)
		}
		return result, nil
	})
	list := make([]verifiedAccount, len(done))
	for i, d := range done {
		list[i] = d.Result
	}
	return errors.Join(printVerified(b, list), err)
}

func verified(account string, v migration.Verified) verifiedAccount {
	r := verifiedAccount{
		Account: account, Ready: v.Ready(), Verdict: v.Verdict(), Old: v.Old, New: v.New, Hashes: v.Hashes,
		Unmatched: v.Unmatched, StruckOut: v.StruckOut, OutOfOrder: v.Shifted, Altered: v.Altered, Resized: v.Resized, Added: v.Added, Deleted: v.Deleted,
	}
	if len(v.Renamed) > 0 {
		r.OtherIDs = make(map[string]string, len(v.Renamed))
		for _, id := range v.Renamed {
			r.OtherIDs[id.Old] = id.New
		}
	}
	return r
}

func printVerified(b *batch, list []verifiedAccount) error {
	if b.json {
		return b.print(list)
	}
	t := newTable(b.out, "", "ACCOUNT", "OLD", "NEW", "VERDICT")
	for _, r := range list {
		verdict := r.Verdict
		if r.Error != "" {
			verdict = "failed: " + r.Error
		}
		t.row(r.Account, strconv.Itoa(r.Old), strconv.Itoa(r.New), verdict)
	}
	if err := t.end(); err != nil {
		return err
	}
	for _, r := range list {
		r.explain(b.out)
	}
	return nil
}

// shownIDs is how many unique-ids of a sort are named on a terminal; JSON has all.
const shownIDs = 10

// explain names the messages that keep an account from being ready, and what to do.
func (r verifiedAccount) explain(out io.Writer) {
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
