package database

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"strings"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// migrations are the versions of the schema, one file for each. A file that has
// been released is never changed; a new one comes after it.
//
//go:embed migrations
var migrations embed.FS

// migrator applies the migrations of one driver.
func migrator(db *sql.DB, driver string) (*goose.Provider, error) {
	versions, err := schemaVersions(driver)
	if err != nil {
		return nil, err
	}
	// A version may come to a ledger after a higher one, where two that do not
	// depend on each other were released in the other order.
	options := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true), goose.WithTableName("schema_versions"), goose.WithAllowOutofOrder(true), goose.WithGoMigrations(versions...)}
	dialect := goose.DialectSQLite3
	if driver == Postgres {
		dialect = goose.DialectPostgres
		// Two proxies may start at the same time.
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 60))
		if err != nil {
			return nil, err
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	return goose.NewProvider(dialect, db, nil, options...)
}

// schemaVersions are a driver's files. Each is given to its database as it stands,
// which knows best where a statement ends: goose would look for that with a buffer of
// 4 MB for each line, which is most of the work of starting with a new ledger.
func schemaVersions(driver string) (list []*goose.Migration, err error) {
	folder := "migrations/" + driver
	files, err := fs.ReadDir(migrations, folder)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		version, err := goose.NumericComponent(f.Name())
		if err != nil {
			return nil, err
		}
		text, err := fs.ReadFile(migrations, folder+"/"+f.Name())
		if err != nil {
			return nil, err
		}
		up, down, _ := strings.Cut(string(text), "-- +goose Down")
		list = append(list, goose.NewGoMigration(version, statements(up), statements(down)))
	}
	return list, nil
}

// statements are one direction of a version, in one transaction.
func statements(text string) *goose.GoFunc {
	return &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, text)
		return err
	}}
}

// migrate brings the schema up to date. A newer one is refused: an older program
// would not know what it must keep.
func migrate(ctx context.Context, db *sql.DB, driver string) error {
	m, err := migrator(db, driver)
	if err != nil {
		return err
	}
	current, newest, err := m.GetVersions(ctx)
	if err != nil {
		return err
	}
	if current > newest {
		return fmt.Errorf("the ledger has schema version %d, but this popbridge knows versions up to %d: run the newer popbridge, or restore a backup from before it was installed", current, newest)
	}
	pending, err := m.HasPending(ctx)
	if err != nil || !pending {
		return err
	}
	_, err = m.Up(ctx)
	return err
}

// outdated reports whether the schema is older than this program.
func outdated(ctx context.Context, db *sql.DB, driver string) (bool, error) {
	m, err := migrator(db, driver)
	if err != nil {
		return false, err
	}
	return m.HasPending(ctx)
}
