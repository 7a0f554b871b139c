package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"popbridge/cmd/popbridge/internal/service"
	"popbridge/configs"
	"popbridge/proxy/ledger"
	"popbridge/proxy/upstream"
)

// checkState tries the ledger without making one: a file made by the wrong
// user would be in the service's way.
func checkState(ctx context.Context, c configs.State) upstream.Finding {
	o, err := service.LedgerOptions(c, nil)
	if err != nil {
		return upstream.Finding{Err: err}
	}
	if c.Driver == configs.DriverSQLite {
		if _, err := os.Stat(o.Source); errors.Is(err, fs.ErrNotExist) {
			if err := canMake(o.Source); err != nil {
				return upstream.Finding{Err: fmt.Errorf("sqlite: %s does not exist yet and cannot be created: %w; let popbridge's user write there, or set state.source to another file", o.Source, err)}
			}
			return upstream.Finding{Text: fmt.Sprintf("sqlite: %s does not exist yet; the service will create it when it starts", o.Source)}
		}
	}
	store, err := ledger.Open(ctx, o)
	if err != nil {
		return upstream.Finding{Err: err}
	}
	defer func() { _ = store.Close() }()
	if err := store.Ping(ctx); err != nil {
		return upstream.Finding{Err: err}
	}
	text := c.Driver.String() + " answers"
	if c.Driver == configs.DriverSQLite {
		text = fmt.Sprintf("sqlite: %s can be opened", o.Source)
	}
	return upstream.Finding{Text: text}
}

// canMake tries whether a file can be made, with the folders that it needs, and
// leaves nothing behind: what is made in a folder of one's own can be written. It
// is true of the user who asks.
func canMake(path string) error {
	dir := filepath.Dir(path)
	for {
		_, err := os.Stat(dir)
		if err == nil {
			break
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		dir = filepath.Dir(dir)
	}
	trial, err := os.MkdirTemp(dir, ".popbridge-check-")
	if err != nil {
		return err
	}
	return os.Remove(trial)
}
