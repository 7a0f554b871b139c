package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"popbridge/proxy/migration"
	"popbridge/translate"
)

func uidlDetectCommand() *cobra.Command {
	return batchCommand(&cobra.Command{
		Use:   "detect --from OLD --to NEW (--account A | --accounts FILE) --config FILE",
		Short: "Say what sort of unique-ids an old server gives",
		Long: `Compare the unique-ids that are remembered of the old server with the UIDs of the new
one, and say what sort they are: one that the new server's UIDs make by themselves, so
that setting unique_id is all there is to do; Courier's own numbers; names of files; or
opaque ones, which have to be harvested or imported. Several sorts in one mailbox are
reported each. Some accounts are enough to know a server. Ends with 1 where an account
could not be looked at.`,
		Example: "  popbridge uidl detect --from old --to new --account alice@example.org --password-file /run/alice --config popbridge.yaml",
	}, []string{"from", "to"}, detectUniqueIDs)
}

// detectedAccount is what is said of one account.
type detectedAccount struct {
	Account string         `json:"account"`
	Found   []detectedKind `json:"found"`
	Error   string         `json:"error,omitempty"`
}

type detectedKind struct {
	Kind     string   `json:"kind"`
	Presets  []string `json:"presets,omitempty"`
	Messages int      `json:"messages"`
	Example  string   `json:"example"`
	Advice   string   `json:"advice"`
}

func detectUniqueIDs(ctx context.Context, b *batch) error {
	from, to := b.upstream["from"], b.upstream["to"]
	done, err := migration.ForEach(ctx, b.Batch, "detect", func(ctx context.Context, a migration.Account) ([]translate.Detected, error) {
		return b.site.Detect(ctx, from, to, a)
	})
	list := make([]detectedAccount, len(done))
	for i, d := range done {
		list[i] = detectedAccount{Account: d.Account.Name, Found: []detectedKind{}}
		if d.Err != nil {
			list[i].Error = translate.Cause(d.Err).Error()
		}
		for _, f := range d.Result {
			list[i].Found = append(list[i].Found, detectedKind{f.Kind.String(), f.Presets, f.Messages, f.Example, f.Advice()})
		}
	}
	if perr := printDetected(b, list); perr != nil {
		return perr
	}
	return err
}

func printDetected(b *batch, list []detectedAccount) error {
	if b.json {
		return b.print(list)
	}
	t := newTable(b.out, "", "ACCOUNT", "MESSAGES", "EXAMPLE", "WHAT TO DO")
	total := make(map[string]int)
	for _, a := range list {
		for _, f := range a.Found {
			t.row(a.Account, strconv.Itoa(f.Messages), f.Example, f.Advice)
			total[f.Advice] += f.Messages
		}
	}
	if err := t.end(); err != nil || len(list) == 1 {
		return err
	}
	fmt.Fprintln(b.out)
	advice := slices.SortedFunc(maps.Keys(total), func(a, b string) int { return cmp.Or(cmp.Compare(total[b], total[a]), cmp.Compare(a, b)) })
	for _, text := range advice {
		if _, err := fmt.Fprintf(b.out, "%s: %s\n", translate.Count(total[text], "message"), text); err != nil {
			return err
		}
	}
	return nil
}
