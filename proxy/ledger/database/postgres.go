package database

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// connections is how many connections a process has to PostgreSQL at most.
const connections = 16

// connectTimeout bounds one attempt to connect, where state.source has no
// connect_timeout of its own.
const connectTimeout = 5 * time.Second

// boundTransactions has the server undo, after ten seconds, what a process that serves has
// begun and does not go on with, unless the server has a bound of its own: a proxy whose
// machine hangs or is gone keeps rows locked that others need to take its locks over or to
// start, and the server would wait for it for as long as TCP does, which may be hours.
func boundTransactions(ctx context.Context, c *pgx.Conn) error {
	// As a statement: a pooler need not know it as a parameter of the connection.
	_, err := c.Exec(ctx, `SELECT set_config('idle_in_transaction_session_timeout', '10s', false) WHERE current_setting('idle_in_transaction_session_timeout') = '0'`)
	return err
}

// openPostgres connects and migrates.
func (d *DB) openPostgres(ctx context.Context, o Options) error {
	config, err := pgx.ParseConfig(o.Source)
	if err != nil {
		// The driver's error quotes the string, and with it perhaps a password.
		return errors.New("state.source is not a PostgreSQL connection string; write for example postgres://user@host/database or host=… dbname=… user=…")
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTimeout
	}
	if _, named := config.RuntimeParams["application_name"]; !named {
		config.RuntimeParams["application_name"] = "popbridge"
	}
	where := fmt.Sprintf("%s, port %d, database %q", config.Host, config.Port, config.Database)
	secrets := secretsOf(o.Source, config.Password)
	d.explain = func(err error) error { return redacted(explainPostgres(where, err), secrets) }

	var options []stdlib.OptionOpenDB
	if o.Serve {
		options = append(options, stdlib.OptionAfterConnect(boundTransactions))
	}
	db := stdlib.OpenDB(*config, options...)
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections / 2)
	d.read, d.write = db, db
	if err := migrate(ctx, db, Postgres); err != nil {
		return errors.Join(d.Explain(err), d.Explain(db.Close()))
	}
	return nil
}

// secretsOf gives every spelling in which the password may be quoted.
func secretsOf(source, password string) []string {
	if password == "" {
		return nil
	}
	secrets := []string{source, password, url.QueryEscape(password), url.PathEscape(password), url.UserPassword("", password).String()[1:]}
	if u, err := url.Parse(source); err == nil && u.User != nil {
		if _, encoded, ok := strings.Cut(u.User.String(), ":"); ok {
			secrets = append(secrets, encoded)
		}
	}
	return secrets
}

// redacted leaves an error as it is, or makes another that holds no secret.
func redacted(err error, secrets []string) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	for _, secret := range secrets {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "<redacted>")
		}
	}
	if text == err.Error() {
		return err
	}
	return errors.New(text)
}

// clashed reports whether the server has undone a transaction because of another
// one: of two that wait for each other, or where a row that it refers to has just
// gone. Begun again it finds things as they are.
func clashed(err error) bool {
	var answer *pgconn.PgError
	return errors.As(err, &answer) && slices.Contains([]string{"40001", "40P01", "23503"}, answer.Code)
}

// explainPostgres says what to do about an error of the server (PostgreSQL,
// Appendix A: error codes) or of the connection to it.
func explainPostgres(where string, err error) error {
	var answer *pgconn.PgError
	var connect *pgconn.ConnectError
	switch {
	case errors.As(err, &answer):
	case errors.As(err, &connect):
		return fmt.Errorf("PostgreSQL at %s cannot be reached; check state.source and that the server runs: %w", where, err)
	default:
		return err
	}
	advice := ""
	switch answer.Code {
	case "28P01", "28000":
		advice = "refuses the user or the password of state.source"
	case "3D000":
		advice = "has no such database; create it, owned by popbridge's user"
	case "42501":
		advice = "does not let popbridge's user do that; the user must own the database, or have CREATE in its schema"
	case "25006":
		advice = "is read-only; state.source must name the primary server"
	case "53100":
		advice = "has no room left on its disk"
	case "53300":
		advice = fmt.Sprintf("has no connection left; each popbridge takes up to %d", connections)
	default:
		return err
	}
	return fmt.Errorf("PostgreSQL at %s %s: %w", where, advice, err)
}
