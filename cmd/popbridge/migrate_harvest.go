package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/time/rate"

	"popbridge/configs"
	"popbridge/proxy/migration"
	"popbridge/translate"
)

// harvestFlags are those of migrate harvest alone.
type harvestFlags struct {
	headers          migration.Headers
	logins, messages int
	tries            int
	pause            time.Duration
	take             func() migration.Take
}

func migrateHarvestCommand() *cobra.Command {
	var f harvestFlags
	cmd := &cobra.Command{
		Use:   "harvest --upstream OLD (--account A | --accounts FILE)",
		Short: "Learn unique-ids from an old server",
		Long: `Log in to an old POP3 server as each account and learn what it shows to devices:
unique-ids, octets, the order of the list, and the headers by which messages are found
again on the new server. By default only the headers of messages that their octets do
not tell apart are read. Nothing is changed or removed on the old server.

Results are stored at once: an interrupted harvest continues where it stopped, and a
later one asks only for what is new. Accounts that fail are tried again after the
others, unless their password was refused. While an account is being harvested, most old
servers refuse its devices; that takes about a second. If the server has none of the
messages that are known of an account, the account is skipped without --force. With
--dry-run the lists are read and compared, and nothing is stored. The exit code is 1 if
an account could not be harvested.`,
		Example: `  popbridge migrate harvest --upstream old --account alice@example.org --password-file /run/alice
  popbridge migrate harvest --upstream old --accounts accounts.txt --parallel 4 --messages-per-second 200`,
	}
	cmd.Flags().Var(&f.headers, "headers", "read the headers of messages that need one, or of all")
	cmd.Flags().IntVar(&f.logins, "logins-per-second", 0, "the most logins per second; 0: no limit")
	cmd.Flags().IntVar(&f.messages, "messages-per-second", 0, "the most headers to read per second; 0: no limit")
	cmd.Flags().IntVar(&f.tries, "tries", 3, "how often to try an account that fails")
	f.take = takeFlags(cmd, "learn the list even if none of the known messages are left")
	cmd.Flags().DurationVar(&f.pause, "pause", 10*time.Second, "how long to wait before trying again")
	return batchCommand(acting(cmd), []string{"upstream"}, func(ctx context.Context, b *batch) error {
		if u := b.cfg.Upstream[b.upstream["upstream"]]; u.Protocol != configs.ProtocolPOP3 {
			return usageError{fmt.Errorf("--upstream %s: it is not an old POP3 server (protocol = pop3)", u.Name)}
		}
		if f.logins < 0 || f.messages < 0 || f.tries < 1 || f.pause < 0 {
			return usageError{errors.New("--logins-per-second, --messages-per-second and --pause are 0 or more, --tries at least 1")}
		}
		began := time.Now()
		list, err := b.site.HarvestAccounts(ctx, b.Batch, f.order(b.upstream["upstream"]))
		return errors.Join(printHarvested(b, list, f.take() == migration.DryRun, time.Since(began)), err)
	})
}

// order is what the flags ask for.
func (f harvestFlags) order(upstream string) migration.HarvestOrder {
	o := migration.HarvestOrder{Upstream: upstream, Headers: f.headers, Take: f.take(), Tries: f.tries, Pause: f.pause}
	if f.logins > 0 {
		o.Gentle.Logins = rate.NewLimiter(rate.Limit(f.logins), f.logins)
	}
	if f.messages > 0 {
		o.Gentle.Messages = rate.NewLimiter(rate.Limit(f.messages), f.messages)
	}
	return o
}

// printHarvested says what is known now, or would be.
func printHarvested(b *batch, list []migration.HarvestedAccount, dryRun bool, took time.Duration) error {
	if b.json {
		return b.print(list)
	}
	var sum migration.HarvestedAccount
	var lines []outcome
	for _, h := range list {
		sum.Messages += h.Messages
		sum.New += h.New
		sum.Needed += h.Needed
		sum.Known += h.Known
		sum.Read += h.Read
		sum.Coverage += h.Coverage
		lines = append(lines, outcome{[]string{h.Account, strconv.Itoa(h.Messages), strconv.Itoa(h.New), fmt.Sprintf("%d of %d", h.Known, h.Needed), h.Error}, h.Error != ""})
	}
	failed := problems(lines)
	total := fmt.Sprintf(`%s harvested, %d failed, %d not begun, in %s
%s, %d of them new
headers: %d needed, %d known, %d read now; %d messages are known by their content`, translate.Count(len(list)-failed, "account"), failed, len(b.Accounts)-len(list), took.Round(time.Second), translate.Count(sum.Messages, "message"), sum.New, sum.Needed, sum.Known, sum.Read, sum.Coverage)
	if dryRun {
		total = fmt.Sprintf(`%s would be harvested, %d could not, %d not begun, in %s; nothing was stored
%s, %d of them new
headers: %d needed, %d known, %d to be read`, translate.Count(len(list)-failed, "account"), failed, len(b.Accounts)-len(list), took.Round(time.Second), translate.Count(sum.Messages, "message"), sum.New, sum.Needed, sum.Known, sum.Needed-sum.Known)
	}
	return b.report(b.all, []string{"ACCOUNT", "MESSAGES", "NEW", "HEADERS KNOWN", "PROBLEM"}, lines, total)
}
