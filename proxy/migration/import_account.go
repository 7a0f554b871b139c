package migration

import (
	"context"
	"errors"
	"fmt"

	"popbridge/proxy/ledger/progress"
	"popbridge/proxy/migration/mailstore"
	"popbridge/translate"
)

// ImportOrder says which mail store accounts are to be imported from.
type ImportOrder struct {
	Upstream string // the old server that it was of
	// Take says whether also what is less than is known is imported, or nothing at all.
	Take Take
	// Account makes a name in the store an account, as translate.LoginRules do.
	Account func(string) (string, error)

	path     string
	pattern  mailstore.Pattern
	read     mailstore.Reader // nil: the path is a CSV file of all accounts
	suspects string           // the flags that may have led to another store, or to other unique-ids, than are known
}

// ReadFrom says where the store lies and in which format it is, in the words of the
// command's flags.
func (o *ImportOrder) ReadFrom(format, path, uidlFormat string) (err error) {
	o.path, o.suspects = path, "--path and --format"
	if format == "csv" {
		return nil
	}
	if format == "dovecot" {
		o.suspects = "--path, --format and --uidl-format"
	}
	if o.read, err = mailstore.NewReader(format, uidlFormat); err != nil {
		return err
	}
	if o.pattern, err = mailstore.ParsePattern(path); err != nil {
		return fmt.Errorf("--path: %w", err)
	}
	return nil
}

// ImportedAccount is what is said of one account.
type ImportedAccount struct {
	Account  string `json:"account"`
	Messages int    `json:"messages"`
	New      int    `json:"new"`
	Invalid  int    `json:"invalid_ids"`
	Repeated int    `json:"repeated_ids"`
	Error    string `json:"error,omitempty"`
}

// ImportAccounts imports the accounts of a batch, or where it has none all that are
// in the store. It gives no outcomes where the store as a whole is wrong.
func (s *Site) ImportAccounts(ctx context.Context, b Batch, o ImportOrder) ([]Done[ImportedAccount], error) {
	if o.read == nil {
		return s.importCSV(ctx, b, o)
	}
	var found map[string]string // account -> where it lies
	if len(b.Accounts) == 0 {
		var err error
		if found, err = o.find(&b); err != nil {
			return nil, err
		}
	}
	return ForEach(ctx, b, "import", func(ctx context.Context, a Account) (ImportedAccount, error) {
		path, ok := found[a.Name]
		var err error
		if !ok {
			path, err = o.pattern.Path(a.Name)
		}
		var messages []mailstore.Message
		if err == nil {
			messages, err = o.read(path)
		}
		return s.importAccount(ctx, o, a.Name, messages, err)
	})
}

// find makes every account of the store one of the batch, and gives where each lies.
// Folders whose names no login could be are somebody else's.
func (o ImportOrder) find(b *Batch) (map[string]string, error) {
	places, err := o.pattern.Accounts()
	if err != nil {
		return nil, err
	}
	found := make(map[string]string, len(places))
	for _, p := range places {
		account, err := o.Account(p.Account)
		if _, twice := found[account]; err != nil || twice {
			fmt.Fprintf(b.Told, "import: %s is left out: it is no account, or another one's name in other letters\n", printable(p.Path))
			continue
		}
		found[account] = p.Path
		b.Accounts = append(b.Accounts, Account{Name: account})
	}
	if len(found) == 0 {
		return nil, errors.New("there is no account at --path")
	}
	return found, nil
}

// importAccount writes down what was read of an account, or why it could not be.
func (s *Site) importAccount(ctx context.Context, o ImportOrder, account string, messages []mailstore.Message, err error) (ImportedAccount, error) {
	said := ImportedAccount{Account: account}
	if err == nil {
		var got Imported
		got, err = s.Import(ctx, o.Upstream, account, messages, o.Take)
		if errors.Is(err, ErrLess) {
			err = fmt.Errorf("%w; check that %s are right; what was known is kept; only if they are, --force imports it all the same", err, o.suspects)
		}
		said.Messages, said.New, said.Invalid, said.Repeated = got.Messages, got.New, got.Odd.Invalid, got.Odd.Repeated
	}
	if err != nil {
		said.Error = causeText(err)
	}
	switch {
	case o.Take == DryRun:
		return said, err
	case err != nil:
		return said, errors.Join(err, s.fail(ctx, account, progress.Harvested, err))
	}
	return said, s.reach(ctx, account, progress.Harvested, true, translate.Count(said.Messages, "message")+" imported")
}
