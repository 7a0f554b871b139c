package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"popbridge/proxy/migration"
	"popbridge/translate"
)

func migrateImportCommand() *cobra.Command {
	var o migration.ImportOrder
	var format, path, uidlFormat string
	cmd := &cobra.Command{
		Use:   "import --upstream OLD --format FORMAT --path PATTERN",
		Short: "Learn unique-ids from an old server's mail store",
		Long: `Read the mail store of an old POP3 server, if the accounts' passwords are not known:
the unique-id of each message, its place in the list, its octets, and the headers by
which it is found again on the new server. Nothing is changed there.

In --path, {user} stands for the whole account, {local} and {domain} for its two parts.
Without --account or --accounts, every account found there is read.

  courier   a Maildir with courierpop3dsizelist, of any version; messages that no POP3
            session has listed yet have no unique-id, and are left out
  dovecot   a Maildir with dovecot-uidlist; --uidl-format is its pop3_uidl_format: a
            preset, a template, or %f for file names. Unique-ids in the list come first
  maildir   a Maildir as qmail-pop3d lists it: by file name, in order of the files' times
  mbox      a file with X-UIDL, or with X-IMAPbase and X-UID as UW writes them
  csv       one file for all accounts: the first line names the columns account,
            unique_id, octets, header, sent, body; all but unique_id may be missing.
            The lines of an account are together, in the order of the old server's list

If a mail store does not contain the format's files, the error says what is there
instead. If fewer messages are found than are known of an account, or most of them have
other unique-ids, nothing is changed, because the path or the format may be wrong;
--force replaces what is known all the same.

The exit code is 1 if an account could not be read.`,
		Example: `  popbridge migrate import --upstream old --format courier --path '/var/mail/{domain}/{local}/Maildir'
  popbridge migrate import --upstream old --format dovecot --uidl-format %f --path '/home/{user}/Maildir' --accounts accounts.txt
  popbridge migrate import --upstream old --format csv --path old.csv`,
	}
	cmd.Flags().StringVar(&format, "format", "", "courier, dovecot, maildir, mbox or csv")
	cmd.Flags().StringVar(&path, "path", "", "where an account's mail is, with {user}, {local} and {domain}; with csv: the file")
	cmd.Flags().StringVar(&uidlFormat, "uidl-format", "dovecot", "with dovecot: its pop3_uidl_format")
	take := takeFlags(cmd, "import also what is less than is known of an account")
	for _, flag := range []string{"format", "path"} {
		if err := cmd.MarkFlagRequired(flag); err != nil {
			panic(err) // the flags were added above
		}
	}
	return storeCommand(acting(cmd), []string{"upstream"}, func(ctx context.Context, b *batch) error {
		o.Upstream, o.Account, o.Take = b.upstream["upstream"], b.account, take()
		if err := o.ReadFrom(format, path, uidlFormat); err != nil {
			return usageError{err}
		}
		done, err := b.site.ImportAccounts(ctx, b.Batch, o)
		if done == nil {
			return err
		}
		return errors.Join(printImported(b, done, take() == migration.DryRun), err)
	})
}

func printImported(b *batch, done []migration.Done[migration.ImportedAccount], dryRun bool) error {
	if b.json {
		return b.print(migration.Results(done))
	}
	var sum migration.ImportedAccount
	var lines []outcome
	for _, d := range done {
		sum.Messages += d.Result.Messages
		sum.New += d.Result.New
		sum.Invalid += d.Result.Invalid
		sum.Repeated += d.Result.Repeated
		lines = append(lines, outcome{[]string{d.Account.Name, strconv.Itoa(d.Result.Messages), strconv.Itoa(d.Result.New), d.Result.Error}, d.Err != nil})
	}
	verb, failed := "imported", problems(lines)
	if dryRun {
		verb = "would be imported"
	}
	total := fmt.Sprintf("%s %s, %d failed: %s, %d of them new", translate.Count(len(done)-failed, "account"), verb, failed, translate.Count(sum.Messages, "message"), sum.New)
	if odd := sum.Invalid + sum.Repeated; odd > 0 {
		total += fmt.Sprintf("; %d of their unique-ids break RFC 1939, %d are repeated", sum.Invalid, sum.Repeated)
	}
	return b.report(b.all, []string{"ACCOUNT", "MESSAGES", "NEW", "PROBLEM"}, lines, total)
}
