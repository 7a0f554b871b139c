//go:build postgres

package ledger_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"popbridge/proxy/ledger"
	"popbridge/tests/servers"
)

func TestPostgresSaysWhatToDo(t *testing.T) {
	server := servers.StartPostgres(t)
	at := databaseOf(t, server)
	closes(t, at.open(t))
	with := func(change func(*url.URL)) ledger.Options {
		u, err := url.Parse(at.Source)
		if err != nil {
			t.Fatal(err)
		}
		change(u)
		return ledger.Options{Driver: ledger.DriverPostgres, Source: u.String(), Serve: true}
	}
	const wrong = `dr@g:n/"1`
	secret := func(t *testing.T, text string) {
		t.Helper()
		for _, s := range []string{wrong, url.QueryEscape(wrong), url.PathEscape(wrong), url.UserPassword("", wrong).String()[1:], "s3cret@word", "s3cret%40word"} {
			if strings.Contains(text, s) {
				t.Errorf("the error holds a password: %s", text)
			}
		}
	}
	t.Run("wrong password", func(t *testing.T) {
		secret(t, refusesToOpen(t, with(func(u *url.URL) { u.User = url.UserPassword("popbridge", wrong) }), "127.0.0.1", "password", "state.source"))
	})
	t.Run("no such database", func(t *testing.T) {
		secret(t, refusesToOpen(t, with(func(u *url.URL) { u.Path = "/nowhere" }), "nowhere", "create it"))
	})
	t.Run("unreachable", func(t *testing.T) {
		port := servers.FreePorts(t, 1)[0]
		secret(t, refusesToOpen(t, with(func(u *url.URL) { u.Host = fmt.Sprintf("127.0.0.1:%d", port) }), "cannot be reached", "state.source", fmt.Sprint(port)))
	})
	t.Run("not a connection string", func(t *testing.T) {
		for _, source := range []string{"postgres://u:" + wrong + "@host:port/x", "host=localhost password='" + wrong + " port=x", "postgres://u:s3cret%40word@[::1/x"} {
			o := ledger.Options{Driver: ledger.DriverPostgres, Source: source}
			secret(t, refusesToOpen(t, o, "state.source is not a PostgreSQL connection string"))
		}
	})
	t.Run("a newer schema", func(t *testing.T) {
		newer(t, "pgx", at.Source)
		secret(t, refusesToOpen(t, with(func(*url.URL) {}), "schema version 7000", "knows versions up to"))
	})
}
