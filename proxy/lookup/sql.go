package lookup

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"

	"popbridge/configs"
	"popbridge/translate"
)

// maxSQLConnections bounds what a directory's database has to bear from one proxy.
const maxSQLConnections = 8

// database is a directory in an SQL database.
type database struct {
	db    *sql.DB
	query statement
}

func newSQL(l configs.Lookup) (*database, error) {
	source := l.Source.Reveal()
	name, write := "pgx", dialect(func(b *strings.Builder, n int) { b.WriteString("$" + strconv.Itoa(n)) })
	switch scheme, rest, _ := strings.Cut(source, ":"); scheme {
	case "mysql":
		dsn, err := mysqlDSN(source, l.Timeout)
		if err != nil {
			return nil, err
		}
		name, source, write = "mysql", dsn, func(b *strings.Builder, _ int) { b.WriteByte('?') }
	case "sqlite":
		name, source = "sqlite", (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: strings.TrimPrefix(rest, "//")}).EscapedPath(), RawQuery: "mode=ro"}).String()
		write = func(b *strings.Builder, n int) { b.WriteString("?" + strconv.Itoa(n)) }
	}
	db, err := sql.Open(name, source)
	if err != nil {
		return nil, errors.New("the connection string cannot be read; see lookup.source")
	}
	db.SetMaxOpenConns(maxSQLConnections)
	db.SetConnMaxIdleTime(5 * time.Minute)
	return &database{db: db, query: prepare(l.Query, write)}, nil
}

// mysqlDSN makes of a URL what the driver reads.
func mysqlDSN(source string, timeout time.Duration) (string, error) {
	u, err := url.Parse(source)
	if err != nil || u.Host == "" && u.Query().Get("socket") == "" {
		return "", errors.New("the address names no host; write mysql://user:password@host/database")
	}
	c := mysql.NewConfig()
	c.User, c.DBName, c.Timeout = u.User.Username(), strings.TrimPrefix(u.Path, "/"), timeout
	c.Passwd, _ = u.User.Password()
	c.Net, c.Addr = "tcp", u.Host
	if socket := u.Query().Get("socket"); socket != "" {
		c.Net, c.Addr = "unix", socket
	}
	c.TLSConfig = u.Query().Get("tls")
	return c.FormatDSN(), nil
}

func (d *database) reads(q translate.DirectoryQuestion) translate.DirectoryQuestion {
	return d.query.reads(q)
}

func (d *database) ask(ctx context.Context, q translate.DirectoryQuestion) (answer translate.DirectoryAnswer, found bool, err error) {
	rows, err := d.db.QueryContext(ctx, d.query.text, d.query.values(q)...)
	if err != nil {
		return answer, false, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	columns, err := rows.Columns()
	if err != nil || !rows.Next() {
		return answer, false, errors.Join(err, rows.Err())
	}
	values := make([]sql.NullString, len(columns))
	into := make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	if err := rows.Scan(into...); err != nil {
		return answer, false, err
	}
	words := translate.DirectoryWords()
	for i, column := range columns {
		if column = strings.ToLower(column); values[i].Valid && slices.Contains(words, column) {
			if err := answer.Set(column, values[i].String); err != nil {
				return answer, false, fmt.Errorf("the row of %.128q: %w", q.Account, err)
			}
		}
	}
	return answer, true, nil
}

func (d *database) close() { _ = d.db.Close() }
