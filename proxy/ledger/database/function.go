package database

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/jackc/pgx/v5/pgconn"
)

// Function is a function of PostgreSQL's that the program brings along. Who calls it sends
// one statement, and each statement within it has a snapshot of its own, where transactions
// are READ COMMITTED (PostgreSQL's documents, §38.7: it is VOLATILE).
//
// It is no part of the schema, which an older program could not use then: its name tells
// its text, so that versions side by side have each their own, and where it is not there
// its caller does without.
type Function struct {
	name, text, call string
	there            atomic.Bool
}

// NewFunction makes one in PL/pgSQL that takes and gives what has these types, by a comma
// each. In its body arguments are $1, $2 and so on.
func NewFunction(prefix, takes, gives, body string) *Function {
	columns, arguments := strings.Split(gives, ","), strings.Split(takes, ",")
	for i, kind := range columns {
		columns[i] = fmt.Sprintf("given_%d %s", i+1, strings.TrimSpace(kind))
	}
	for i := range arguments {
		arguments[i] = fmt.Sprintf("$%d", i+1)
	}
	f := &Function{text: "(" + takes + ") RETURNS TABLE (" + strings.Join(columns, ", ") + ") LANGUAGE plpgsql VOLATILE AS $popbridge$" + body + "$popbridge$"}
	f.name = fmt.Sprintf("%s_%x", prefix, sha256.Sum256([]byte(f.text)))[:len(prefix)+17]
	f.call = "SELECT * FROM " + f.name + "(" + strings.Join(arguments, ", ") + ")"
	return f
}

// Name is what it is called in the database.
func (f *Function) Name() string { return f.name }

// There reports whether it can be called, as far as is known.
func (f *Function) There() bool { return f.there.Load() }

// Provide makes a function where it is not there yet.
func (d *DB) Provide(ctx context.Context, f *Function) error {
	var there bool
	err := d.View().Row(ctx, "SELECT to_regproc($1) IS NOT NULL", f.name).Scan(&there)
	if err == nil && !there {
		err = d.Update(ctx, func(tx Querier) error {
			// Of two that make it at the same time one would fail.
			if err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock(hashtext($1))", f.name); err != nil {
				return err
			}
			return tx.Exec(ctx, "CREATE OR REPLACE FUNCTION "+f.name+f.text)
		})
	}
	f.there.Store(err == nil)
	return err
}

// Call calls a function that gives one row, or none. called is false where the function is
// not there, and nothing was done.
func (d *DB) Call(ctx context.Context, f *Function, args, into []any) (found, called bool, err error) {
	if !f.there.Load() {
		return false, false, nil
	}
	err = d.View().Row(ctx, f.call, args...).Scan(into...)
	var answer *pgconn.PgError
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return false, true, nil
	case errors.As(err, &answer) && answer.Code == "42883": // undefined_function
		f.there.Store(false) // somebody has removed it
		return false, false, nil
	}
	return err == nil, true, err
}
