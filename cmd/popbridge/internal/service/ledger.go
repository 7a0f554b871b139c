package service

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
)

// stateFolder is where a package has the service keep its state.
var stateFolder = "/var/lib/popbridge"

// stateFile is where SQLite's file lies when the configuration does not say: in the
// folder that systemd made for the service, else in the one of a package, if there is
// one for this user, else in the user's own.
func stateFile() (string, error) {
	if dir := os.Getenv("STATE_DIRECTORY"); dir != "" {
		return filepath.Join(filepath.SplitList(dir)[0], "state.db"), nil
	}
	if _, err := os.ReadDir(stateFolder); err == nil {
		return filepath.Join(stateFolder, "state.db"), nil
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

// stateFolderOf is where files of the service lie beside its ledger: in the folder of
// SQLite's file, else where that would be.
func stateFolderOf(c configs.State) (string, error) {
	if c.Driver == configs.DriverSQLite && !c.Source.Empty() {
		return filepath.Dir(c.Source.Reveal()), nil
	}
	file, err := stateFile()
	return filepath.Dir(file), err
}

// OtherPlaces says what to do where the ledger is not found.
func OtherPlaces(c configs.State) string {
	if c.Source.Reveal() != "" {
		return "That is what state.source says; is this the service's configuration?"
	}
	if _, err := os.ReadDir(stateFolder); errors.Is(err, fs.ErrPermission) {
		return fmt.Sprintf("%s cannot be read by this user: run the command as the service's user, with sudo -u popbridge", stateFolder)
	}
	return "If the service keeps it elsewhere, set state.source, or STATE_DIRECTORY to its folder"
}

// LedgerOptions says where the ledger is.
func LedgerOptions(c configs.State, log hclog.Logger) (ledger.Options, error) {
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

// OpenLedger opens the ledger for the service.
func OpenLedger(ctx context.Context, c configs.State, log hclog.Logger) (*ledger.Store, error) {
	o, err := LedgerOptions(c, log)
	if err != nil {
		return nil, err
	}
	o.Serve = true
	return ledger.Open(ctx, o)
}
