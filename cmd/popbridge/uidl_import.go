package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"popbridge/proxy/ledger"
	"popbridge/proxy/migration"
	"popbridge/proxy/migration/mailstore"
	"popbridge/translate"
)

// importFlags are those of uidl import alone.
type importFlags struct {
	format, path, uidlFormat string
	force                    bool
}

func uidlImportCommand() *cobra.Command {
	var f importFlags
	cmd := &cobra.Command{
		Use:   "import --upstream OLD --format FORMAT --path PATTERN --config FILE",
		Short: "Learn unique-ids from an old server's mail store",
		Long: `Read the mail store of an old POP3 server, where nobody knows the accounts' passwords:
which unique-id each message has, its place in the list, its octets, and the headers by
which it is found again on the new server. Nothing is changed there.

The path has {user}, which is the whole account, or {local} and {domain}, which are its
halves. Without --account and --accounts every account is read that lies there.

  courier   a Maildir with courierpop3dsizelist, of any version; messages that no POP3
            session has listed yet have no unique-id, and are left out
  dovecot   a Maildir with dovecot-uidlist; --uidl-format is its pop3_uidl_format: a
            preset, a template, or %f for file names. Unique-ids kept there come first
  maildir   a Maildir as qmail-pop3d lists it: file names, in order of the files' times
  mbox      a file with X-UIDL, or with X-IMAPbase and X-UID as UW writes them
  csv       one file for all accounts: the first line names the columns account,
            unique_id, octets, header, sent, body; all but unique_id may be missing,
            and the lines of an account stand together, in the old server's order

A mail store that does not have the format's files is an error that says what lies there
instead. Where fewer messages are read than are known of an account, or most of those
under other unique-ids, nothing is changed: the path or the format may be wrong. --force
lets the store take the place of what is known all the same.

Ends with 1 where an account could not be read.`,
		Example: `  popbridge uidl import --upstream old --format courier --path '/var/mail/{domain}/{local}/Maildir' --config popbridge.yaml
  popbridge uidl import --upstream old --format dovecot --uidl-format %f --path '/home/{user}/Maildir' --accounts accounts.txt --config popbridge.yaml
  popbridge uidl import --upstream old --format csv --path old.csv --config popbridge.yaml`,
	}
	cmd.Flags().StringVar(&f.format, "format", "", "courier, dovecot, maildir, mbox or csv")
	cmd.Flags().StringVar(&f.path, "path", "", "where an account's mail lies, with {user}, {local} and {domain}; with csv: the file")
	cmd.Flags().StringVar(&f.uidlFormat, "uidl-format", "dovecot", "with dovecot: what pop3_uidl_format says there")
	cmd.Flags().BoolVar(&f.force, "force", false, "import also what is less than is known of an account")
	for _, flag := range []string{"format", "path"} {
		if err := cmd.MarkFlagRequired(flag); err != nil {
			panic(err) // the flags were added above
		}
	}
	return storeCommand(cmd, []string{"upstream"}, func(ctx context.Context, b *batch) error { return f.run(ctx, b) })
}

// importedAccount is what is said of one account.
type importedAccount struct {
	Account  string `json:"account"`
	Messages int    `json:"messages"`
	New      int    `json:"new"`
	Invalid  int    `json:"invalid_ids"`
	Repeated int    `json:"repeated_ids"`
	Error    string `json:"error,omitempty"`
}

func (f importFlags) run(ctx context.Context, b *batch) error {
	if f.format == "csv" {
		return f.importCSV(ctx, b)
	}
	read, err := f.reader()
	if err != nil {
		return usageError{err}
	}
	pattern, err := mailstore.ParsePattern(f.path)
	if err != nil {
		return usageError{fmt.Errorf("--path: %w", err)}
	}
	found := map[string]string{}
	if len(b.accounts) == 0 {
		if found, err = b.find(pattern); err != nil {
			return err
		}
	}
	done, err := forEach(ctx, b, "import", func(ctx context.Context, a migration.Account) (importedAccount, error) {
		path, ok := found[a.Name]
		var err error
		if !ok {
			path, err = pattern.Path(a.Name)
		}
		var messages []mailstore.Message
		if err == nil {
			messages, err = read(path)
		}
		return f.importAccount(ctx, b, a.Name, messages, err)
	})
	return errors.Join(printImported(b, done), err)
}

// reader gives what reads an account's mail.
func (f importFlags) reader() (func(path string) ([]mailstore.Message, error), error) {
	folder := func(read func(fs.FS) ([]mailstore.Message, error)) func(string) ([]mailstore.Message, error) {
		return func(path string) ([]mailstore.Message, error) { return read(os.DirFS(path)) }
	}
	switch f.format {
	case "courier":
		return folder(mailstore.Courier), nil
	case "maildir":
		return folder(mailstore.Maildir), nil
	case "dovecot":
		if f.uidlFormat != mailstore.FileNames {
			if _, err := translate.ParseFormat(f.uidlFormat); err != nil {
				return nil, fmt.Errorf("--uidl-format: %w; or %%f", err)
			}
		}
		return folder(func(store fs.FS) ([]mailstore.Message, error) { return mailstore.Dovecot(store, f.uidlFormat) }), nil
	case "mbox":
		return readMbox, nil
	}
	return nil, fmt.Errorf("--format %q is not known; courier, dovecot, maildir, mbox or csv", f.format)
}

func readMbox(path string) (messages []mailstore.Message, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	for m, err := range mailstore.Mbox(file) {
		if err != nil {
			return nil, err
		}
		messages = append(messages, m)
	}
	return messages, nil
}

// find takes every account of a mail store, and gives where each lies. Folders whose
// names no login could be are somebody else's.
func (b *batch) find(pattern mailstore.Pattern) (map[string]string, error) {
	places, err := pattern.Accounts()
	if err != nil {
		return nil, err
	}
	found := make(map[string]string, len(places))
	for _, p := range places {
		account, err := b.account(p.Account)
		if _, twice := found[account]; err != nil || twice {
			fmt.Fprintf(b.cmd.ErrOrStderr(), "import: %s is left out: it is no account, or another one's name in other letters\n", printable(p.Path))
			continue
		}
		found[account] = p.Path
		b.accounts = append(b.accounts, migration.Account{Name: account})
	}
	if len(found) == 0 {
		return nil, errors.New("there is no account at --path")
	}
	return found, nil
}

// importAccount writes down what was read of an account, or why it could not be.
func (f importFlags) importAccount(ctx context.Context, b *batch, account string, messages []mailstore.Message, err error) (importedAccount, error) {
	result := importedAccount{Account: account}
	note := ledger.Milestone{Account: account, Step: ledger.Harvested}
	if err == nil {
		var got migration.Imported
		got, err = b.site.Import(ctx, b.upstream["upstream"], account, messages, f.force)
		if errors.Is(err, migration.ErrLess) {
			err = fmt.Errorf("%w; see that %s are right; --force imports it all the same", err, f.suspects())
		}
		result.Messages, result.New, result.Invalid, result.Repeated = got.Messages, got.New, got.Odd.Invalid, got.Odd.Repeated
	}
	note.Good, note.Note = err == nil, count(result.Messages, "message")+" imported"
	if err != nil {
		result.Error = causeText(err)
		note.Note = result.Error
	}
	if rerr := b.store.Reach(ctx, note); rerr != nil && err == nil {
		err = rerr
	}
	return result, err
}

// suspects are the flags that may have led to another mail store, or to other
// unique-ids, than are known.
func (f importFlags) suspects() string {
	if f.format == "dovecot" {
		return "--path, --format and --uidl-format"
	}
	return "--path and --format"
}

func printImported(b *batch, done []migration.Done[importedAccount]) error {
	list := make([]importedAccount, len(done))
	var sum importedAccount
	good := 0
	for i, d := range done {
		list[i] = d.Result
		sum.Messages += d.Result.Messages
		sum.New += d.Result.New
		sum.Invalid += d.Result.Invalid
		sum.Repeated += d.Result.Repeated
		if d.Err == nil {
			good++
		}
	}
	if b.json {
		return b.print(list)
	}
	text := fmt.Sprintf("%s imported, %d failed: %s, %d of them new", count(good, "account"), len(done)-good, count(sum.Messages, "message"), sum.New)
	if odd := sum.Invalid + sum.Repeated; odd > 0 {
		text += fmt.Sprintf("; of their unique-ids %d are not as RFC 1939 wants them, %d stand there twice", sum.Invalid, sum.Repeated)
	}
	_, err := fmt.Fprintln(b.out, strings.TrimSpace(text))
	return err
}
