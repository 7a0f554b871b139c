package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
	"popbridge/proxy/ledger"
	"popbridge/proxy/upstream"
)

// stateFile is where SQLite's file lies when the configuration does not say:
// in the folder that systemd made for the service, else in the user's.
func stateFile() (string, error) {
	if dir := os.Getenv("STATE_DIRECTORY"); dir != "" {
		return filepath.Join(filepath.SplitList(dir)[0], "state.db"), nil
	}
	dir := os.Getenv("XDG_STATE_HOME")
	if dir == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", fmt.Errorf("state.source is empty, and there is no folder for it: %w", err)
		}
		dir = filepath.Join(home, ".local", "state")
	}
	return filepath.Join(dir, "popbridge", "state.db"), nil
}

// stateOptions says where the ledger is.
func stateOptions(c configs.State, log hclog.Logger) (ledger.Options, error) {
	o := ledger.Options{Driver: c.Driver.String(), Source: c.Source.Reveal()}
	var err error
	if o.Keys, err = c.Keys(); err != nil {
		return o, err
	}
	if log != nil {
		log = log.Named("state")
		o.Log = func(level, message string, args ...any) { log.Log(hclog.LevelFromString(level), message, args...) }
	}
	if host, err := os.Hostname(); err == nil {
		o.Proxy = fmt.Sprintf("%s[%d]", host, os.Getpid())
	}
	if c.Driver != configs.DriverSQLite || o.Source != "" {
		return o, nil
	}
	o.Source, err = stateFile()
	return o, err
}

// openState opens the ledger for the service.
func openState(ctx context.Context, c configs.State, log hclog.Logger) (*ledger.Store, error) {
	o, err := stateOptions(c, log)
	if err != nil {
		return nil, err
	}
	o.Serve = true
	return ledger.Open(ctx, o)
}

// checkState tries the state store without making one: a file made by the wrong
// user would be in the service's way.
func checkState(ctx context.Context, c configs.State) upstream.Finding {
	o, err := stateOptions(c, nil)
	if err != nil {
		return upstream.Finding{Err: err}
	}
	if c.Driver == configs.DriverSQLite {
		if _, err := os.Stat(o.Source); errors.Is(err, fs.ErrNotExist) {
			if err := canMake(o.Source); err != nil {
				return upstream.Finding{Err: fmt.Errorf("sqlite: %s is not there yet and cannot be made: %w; give popbridge's user the right to, or set state.source to another file", o.Source, err)}
			}
			return upstream.Finding{Text: fmt.Sprintf("sqlite: %s is not there yet, and will be made when the service starts", o.Source)}
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
