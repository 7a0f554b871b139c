package mailstore_test

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"popbridge/proxy/migration/mailstore"
)

func TestPattern(t *testing.T) {
	root := t.TempDir()
	for _, dir := range []string{"example.org/alice/Maildir", "example.org/bob/Maildir", "example.com/alice/Maildir", "example.com/carol/mail", "[x]*/dave"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		pattern, account, path string
		accounts               []string
	}{
		{"/{domain}/{local}/Maildir", "alice@example.org", "/example.org/alice/Maildir", []string{"alice@example.com", "alice@example.org", "bob@example.org"}},
		{"/example.org/{local}/Maildir", "bob@example.org", "/example.org/bob/Maildir", []string{"alice", "bob"}},
		{"/example.org/{user}/Maildir", "bob", "/example.org/bob/Maildir", []string{"alice", "bob"}},
		{"/[x]*/{local}", "dave", "/[x]*/dave", []string{"dave"}},
		{"/none/{local}", "dave", "/none/dave", nil},
	} {
		p, err := mailstore.ParsePattern(root + test.pattern)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := p.Path(test.account); err != nil || got != root+test.path {
			t.Errorf("%s: %s, %v", test.pattern, got, err)
		}
		found, err := p.Accounts()
		var accounts []string
		for _, place := range found {
			accounts = append(accounts, place.Account)
			if path, err := p.Path(place.Account); test.account == place.Account && path != place.Path {
				t.Errorf("%s: %s lies at %s, %v", test.pattern, place.Account, place.Path, err)
			}
		}
		if err != nil || !reflect.DeepEqual(accounts, test.accounts) {
			t.Errorf("%s: %v, %v; want %v", test.pattern, accounts, err, test.accounts)
		}
		for _, account := range []string{"../alice@example.org", "..@example.org", "alice@..", "."} {
			if got, err := p.Path(account); err == nil {
				t.Errorf("%s leads to %s", account, got)
			}
		}
	}
	for pattern, want := range map[string]string{
		"/var/mail/{name}":         "{name} is not known; {user}, {local} and {domain} are",
		"/var/mail/{domain}":       "it names neither {user} nor {local}, so all accounts would be one",
		"/var/mail/alice/Maildir/": "it names neither {user} nor {local}, so all accounts would be one",
	} {
		if _, err := mailstore.ParsePattern(pattern); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", pattern, err, want)
		}
	}
	if _, err := mailstore.ParsePattern("/{local}/{local}"); err == nil {
		t.Error("a variable that stands there twice may stand for two things")
	}
}
