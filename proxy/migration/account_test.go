package migration_test

import (
	"errors"
	"strings"
	"testing"

	"popbridge/proxy/migration"
)

func lower(login string) (string, error) {
	if login == "" {
		return "", errors.New("there is no account")
	}
	return strings.ToLower(login), nil
}

func TestReadAccounts(t *testing.T) {
	got, err := migration.ReadAccounts(strings.NewReader("# a list\n\nAlice@example.org:pass:word \r\nbob@example.org\n \ncarol@example.org:\n"), lower)
	if err != nil {
		t.Fatal(err)
	}
	var text []string
	for _, a := range got {
		text = append(text, a.Name+"="+a.Password.Reveal())
	}
	if want := "alice@example.org=pass:word |bob@example.org=|carol@example.org="; strings.Join(text, "|") != want {
		t.Errorf("read %q, want %q", text, want)
	}
}

func TestReadAccountsRefuses(t *testing.T) {
	for file, want := range map[string]string{
		"alice:one\nALICE:hunter2\n":                     "line 2: the account is already in line 1",
		"alice\n:hunter2\n":                              "line 2: there is no account",
		"alice\n\nbob:" + strings.Repeat("hunter2", 600): "line 3: it is longer than 4096 octets",
	} {
		_, err := migration.ReadAccounts(strings.NewReader(file), lower)
		if err == nil || err.Error() != want {
			t.Errorf("%.20q: %v, want %q", file, err, want)
		}
	}
}
