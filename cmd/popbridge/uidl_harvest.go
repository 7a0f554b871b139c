package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/time/rate"

	"popbridge/configs"
	"popbridge/proxy/ledger"
	"popbridge/proxy/migration"
)

// harvestFlags are those of uidl harvest alone.
type harvestFlags struct {
	headers          migration.Headers
	logins, messages int
	tries            int
	pause            time.Duration
	force            bool
}

func uidlHarvestCommand() *cobra.Command {
	var f harvestFlags
	cmd := &cobra.Command{
		Use:   "harvest --upstream OLD (--account A | --accounts FILE) --config FILE",
		Short: "Learn the unique-ids that an old server gives",
		Long: `Log in to an old POP3 server as each account and learn what it gives to devices:
unique-ids, octets, the order of its list, and the headers by which messages are found
again on the new server; by default only headers of messages that their octets do not
tell apart already. Nothing is changed or removed there.

What was learned is in the ledger at once: a harvest that was interrupted goes on where
it was, and a later one asks for what is new. Accounts that fail are tried again when
the others are done, unless their password is refused. While an account is harvested
most old servers let no device in; it takes about a second. A server that has nothing any
more of what is known of an account is refused without --force. Ends with 1 where an
account could not be harvested.`,
		Example: `  popbridge uidl harvest --upstream old --account alice@example.org --password-file /run/alice --config popbridge.yaml
  popbridge uidl harvest --upstream old --accounts accounts.txt --parallel 4 --messages-per-second 200 --config popbridge.yaml`,
	}
	cmd.Flags().Var(&f.headers, "headers", "read the headers of messages that need one, or of all")
	cmd.Flags().IntVar(&f.logins, "logins-per-second", 0, "at most so many logins in a second; 0: no limit")
	cmd.Flags().IntVar(&f.messages, "messages-per-second", 0, "read at most so many headers in a second; 0: no limit")
	cmd.Flags().IntVar(&f.tries, "tries", 3, "how often an account is tried that fails")
	cmd.Flags().BoolVar(&f.force, "force", false, "learn the list also where nothing is left of what is known of an account")
	cmd.Flags().DurationVar(&f.pause, "pause", 10*time.Second, "how long to wait before trying again")
	return batchCommand(cmd, []string{"upstream"}, func(ctx context.Context, b *batch) error {
		if u := b.cfg.Upstream[b.upstream["upstream"]]; u.Protocol != configs.ProtocolPOP3 {
			return usageError{fmt.Errorf("--upstream %s: it is no old POP3 server (protocol = pop3)", u.Name)}
		}
		if f.logins < 0 || f.messages < 0 || f.tries < 1 || f.pause < 0 {
			return usageError{errors.New("--logins-per-second, --messages-per-second and --pause are 0 or more, --tries at least 1")}
		}
		return f.harvest(ctx, b)
	})
}

// gentle makes limits of the flags.
func (f harvestFlags) gentle() (g migration.Gentle) {
	if f.logins > 0 {
		g.Logins = rate.NewLimiter(rate.Limit(f.logins), f.logins)
	}
	if f.messages > 0 {
		g.Messages = rate.NewLimiter(rate.Limit(f.messages), f.messages)
	}
	return g
}

// harvestedAccount is what is said of one account.
type harvestedAccount struct {
	Account  string `json:"account"`
	Messages int    `json:"messages"`
	New      int    `json:"new"`
	Needed   int    `json:"headers_needed"`
	Known    int    `json:"headers_known"`
	Read     int    `json:"headers_read"`
	Coverage int    `json:"known_by_content"`
	Error    string `json:"error,omitempty"`
}

// text is the result in one line.
func (h harvestedAccount) text() string {
	return fmt.Sprintf("%s, %d of %d headers known", count(h.Messages, "message"), h.Known, h.Needed)
}

// harvest goes through the accounts, and then through those again that have failed.
func (f harvestFlags) harvest(ctx context.Context, b *batch) error {
	began, gentle := time.Now(), f.gentle()
	outcomes := make(map[string]harvestedAccount, len(b.accounts))
	all := b.accounts
	var err error
	for try := 1; ; try++ {
		var done []migration.Done[harvestedAccount]
		done, err = forEach(ctx, b, "harvest", func(ctx context.Context, a migration.Account) (harvestedAccount, error) {
			return f.harvestAccount(ctx, b, a, gentle)
		})
		b.accounts = nil
		for _, d := range done {
			outcomes[d.Account.Name] = d.Result
			if d.Err != nil && !migration.Hopeless(d.Err) {
				b.accounts = append(b.accounts, d.Account)
			}
		}
		if len(b.accounts) == 0 || try >= f.tries || ctx.Err() != nil {
			break
		}
		fmt.Fprintf(b.cmd.ErrOrStderr(), "harvest: trying %s again in %s\n", count(len(b.accounts), "account"), f.pause)
		select {
		case <-time.After(f.pause):
		case <-ctx.Done():
		}
	}
	failed := 0
	for _, h := range outcomes {
		if h.Error != "" {
			failed++
		}
	}
	if failed > 0 && ctx.Err() == nil {
		err = fmt.Errorf("%d of %s failed", failed, count(len(all), "account"))
	}
	return errors.Join(summarizeHarvest(b, all, outcomes, failed, time.Since(began)), err)
}

func (f harvestFlags) harvestAccount(ctx context.Context, b *batch, a migration.Account, gentle migration.Gentle) (harvestedAccount, error) {
	h, err := b.site.Harvest(ctx, b.upstream["upstream"], a, f.headers, gentle, f.force)
	if errors.Is(err, migration.ErrLess) {
		err = fmt.Errorf("%w; see that it is the right server, and that it works; --force learns it all the same", err)
	}
	result := harvestedAccount{Account: a.Name, Messages: h.Messages, New: h.New, Needed: h.Needed, Known: h.Known, Read: h.Read, Coverage: h.Coverage}
	note := ledger.Milestone{Account: a.Name, Step: ledger.Harvested, Good: err == nil, Note: result.text()}
	if err != nil {
		result.Error = causeText(err)
		note.Note = result.Error
	}
	if ctx.Err() == nil {
		if rerr := b.store.Reach(ctx, note); rerr != nil && err == nil {
			err = rerr
		}
	}
	return result, err
}

// summarizeHarvest says what is known now.
func summarizeHarvest(b *batch, all []migration.Account, outcomes map[string]harvestedAccount, failed int, took time.Duration) error {
	list := make([]harvestedAccount, 0, len(outcomes))
	var sum harvestedAccount
	for _, a := range all {
		h, begun := outcomes[a.Name]
		if !begun {
			continue
		}
		list = append(list, h)
		sum.Messages += h.Messages
		sum.New += h.New
		sum.Needed += h.Needed
		sum.Known += h.Known
		sum.Read += h.Read
		sum.Coverage += h.Coverage
	}
	if b.json {
		return b.print(list)
	}
	_, err := fmt.Fprintf(b.out, `%s harvested, %d failed, %d not begun, in %s
%s, %d of them new
headers: %d needed, %d known, %d read now; %d messages are known by their content
`, count(len(list)-failed, "account"), failed, len(all)-len(list), took.Round(time.Second), count(sum.Messages, "message"), sum.New, sum.Needed, sum.Known, sum.Read, sum.Coverage)
	return err
}
