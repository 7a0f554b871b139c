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

func migrateDetectCommand() *cobra.Command {
	return batchCommand(&cobra.Command{
		Use:   "detect --from OLD --to NEW (--account A | --accounts FILE)",
		Short: "Find out what kind of unique-ids an old server uses",
		Long: `Compare the unique-ids of the old server with the UIDs of the new one and report their
kind: one that can be computed from the new server's UIDs, so that setting unique_id is
all there is to do; Courier's own numbers; file names; or opaque ones, which have to be
harvested or imported. If a mailbox has several kinds, each is reported. If nothing is
known about an account yet, the old server is asked for its list. A few accounts are
enough to judge a server. The exit code is 1 if an account could not be examined.`,
		Example: "  popbridge migrate detect --from old --to new --account alice@example.org --password-file /run/alice",
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
	var lines []outcome
	total := make(map[string]int)
	good := 0
	for _, a := range list {
		if a.Error != "" {
			lines = append(lines, outcome{[]string{a.Account, "", "", "failed: " + a.Error}, true})
			continue
		}
		good++
		for _, f := range a.Found {
			lines = append(lines, outcome{[]string{a.Account, strconv.Itoa(f.Messages), f.Example, f.Advice}, false})
			total[f.Advice] += f.Messages
		}
	}
	text := fmt.Sprintf("%d of %s looked at", good, translate.Count(len(b.Accounts), "account"))
	advice := slices.SortedFunc(maps.Keys(total), func(a, b string) int { return cmp.Or(cmp.Compare(total[b], total[a]), cmp.Compare(a, b)) })
	for _, words := range advice {
		text += fmt.Sprintf("\n%s: %s", translate.Count(total[words], "message"), words)
	}
	return b.report(b.all, []string{"ACCOUNT", "MESSAGES", "EXAMPLE", "WHAT TO DO"}, lines, text)
}
