package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"popbridge/proxy/migration"
	"popbridge/proxy/migration/mailstore"
	"popbridge/translate"
)

func migrateExportCommand() *cobra.Command {
	return batchCommand(&cobra.Command{
		Use:   "export --upstream NAME (--account A | --accounts FILE)",
		Short: "Print the unique-ids of an old server, as CSV",
		Long: `Print what the ledger remembers about accounts on an old POP3 server: a line for each
message, in the order of the old server's list, with account, unique-id, octets, and the
hashes by which the message is recognised. "popbridge migrate import --format csv" reads
this. With --json each message is a line of JSON instead. The exit code is 1 if nothing
is remembered about an account.`,
		Example: "  popbridge migrate export --upstream old --accounts accounts.txt > old.csv",
	}, []string{"upstream"}, exportUniqueIDs)
}

// exportedMessage is what is printed of a message as JSON.
type exportedMessage struct {
	Account  string `json:"account"`
	UniqueID string `json:"unique_id"`
	Octets   int64  `json:"octets"`
}

var errNothingToExport = errors.New("no unique-ids are remembered; harvest or import them first")

func exportUniqueIDs(ctx context.Context, b *batch) error {
	write, flush, err := exportWriter(b)
	if err != nil {
		return err
	}
	progress := migration.NewProgress(b.Told, b.Terminal, "export", len(b.Accounts))
	messages := 0
	for _, a := range b.Accounts {
		n, err := exportAccount(ctx, b, a.Name, write)
		if err != nil {
			return errors.Join(flush(), fmt.Errorf("%s: %w", a.Name, err))
		}
		if messages += n; n == 0 {
			err = errNothingToExport
		}
		progress.Did(a, err)
	}
	progress.End()
	if err := flush(); err != nil {
		return err
	}
	fmt.Fprintf(b.Told, "%s of %s exported\n", translate.Count(messages, "message"), translate.Count(len(b.Accounts)-progress.Failed(), "account"))
	if missing := progress.Failed(); missing > 0 {
		return fmt.Errorf("nothing is known about %d of %s", missing, translate.Count(len(b.Accounts), "account"))
	}
	return nil
}

func exportWriter(b *batch) (write func(mailstore.Row) error, flush func() error, err error) {
	if b.json {
		lines := json.NewEncoder(b.out)
		lines.SetEscapeHTML(false)
		write = func(r mailstore.Row) error {
			return lines.Encode(exportedMessage{Account: r.Account, UniqueID: r.UniqueID, Octets: r.Octets})
		}
		return write, func() error { return nil }, nil
	}
	w, err := mailstore.NewCSVWriter(b.out)
	if err != nil {
		return nil, nil, err
	}
	return w.Write, w.Flush, nil
}

// exportAccount writes an account's messages and gives their number.
func exportAccount(ctx context.Context, b *batch, account string, write func(mailstore.Row) error) (messages int, err error) {
	box, err := b.site.Where(ctx, b.upstream["upstream"], account)
	if err != nil {
		return 0, err
	}
	known, err := b.store.Mailboxes.LoadInventory(ctx, box)
	if err != nil {
		return 0, err
	}
	for _, e := range known.Listing.InOrder() {
		if e.UniqueID == "" {
			continue
		}
		messages++
		row := mailstore.Row{Account: account, Message: mailstore.Message{UniqueID: e.UniqueID, Octets: e.Size, Print: known.Prints[e.UID]}}
		if err := write(row); err != nil {
			return messages, err
		}
	}
	return messages, nil
}
