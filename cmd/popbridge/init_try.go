package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/hashicorp/go-hclog"

	"popbridge/cmd/popbridge/internal/clerk"
	"popbridge/cmd/popbridge/internal/service"
	"popbridge/cmd/popbridge/internal/setup"
	"popbridge/configs"
	"popbridge/proxy/admin/desk"
	"popbridge/proxy/backend"
	"popbridge/proxy/ledger"
	"popbridge/proxy/ledger/secrets"
	"popbridge/proxy/upstream"
	"popbridge/translate"
)

// authorize has the owner of the account agree, where that is the way and nobody has.
func (r *initRun) authorize(ctx context.Context) error {
	account := r.answers.Account
	if account == "" {
		return nil
	}
	for _, login := range service.Agreements(r.cfg, account, "") {
		if err := r.withLedger(ctx, func(env *environment) error { return r.agree(ctx, env, login) }); err != nil {
			return err
		}
	}
	return nil
}

func (r *initRun) agree(ctx context.Context, env *environment, login backend.Request) error {
	servers := env.upstreams()
	findings := servers.ProbeAccount(ctx, login)
	servers.Close()
	if !failedIn(findings) {
		return nil
	}
	return env.authorize(ctx, login, lines(r.ask.Input()))
}

func failedIn(findings []upstream.Finding) bool {
	for _, f := range findings {
		if f.Err != nil {
			return true
		}
	}
	return false
}

// try does what check --connect --account does, until it works or nobody wants to try
// again.
func (r *initRun) try(ctx context.Context) error {
	o := checkOptions{account: r.answers.Account, passwordFile: r.o.passwordFile}
	if o.account != "" && o.passwordFile == "" && !r.answers.ByToken() {
		text, err := r.ask.Secret("The password of " + o.account + ", for a trial login (press Enter to skip it)")
		if o.password = configs.NewSecret(text); err != nil || text == "" {
			o.account = ""
			fmt.Fprintln(r.out, "No trial login, because no password was given.")
		}
	}
	steps := r.answers.PowerShell()
	for {
		if steps != "" {
			fmt.Fprintf(r.out, "\n%s\n", steps)
			_, _ = r.ask.Ask("Press Enter when that is done", "") // with nobody there it is tried at once
		}
		report := newCheckReport(o, nil, r.out)
		if err := checkConnections(ctx, r.cfg, o, report.tell); err != nil || !report.failed {
			return err
		}
		if _, err := r.ask.Ask("Fix what FAILED, and press Enter to try again", ""); err != nil {
			return r.stopped("fix what FAILED")
		}
		steps = ""
	}
}

// devicePassword makes the device's password; empty where it has one or needs none.
func (r *initRun) devicePassword(ctx context.Context) (password string, err error) {
	account, device := r.answers.Account, r.answers.Device
	if account == "" || device == "" || !clerk.TakesDevicePasswords(r.cfg, account, device) {
		return "", nil
	}
	err = r.withLedger(ctx, func(env *environment) error {
		added, err := env.desk.AddDevice(ctx, account, device, desk.NewDevice{Password: true})
		if errors.Is(err, secrets.ErrHasPassword) {
			fmt.Fprintf(r.out, "\n%s already has a password, which cannot be shown again. To make a new one:\n\n  popbridge account device revoke %s %s --config %s\n  popbridge init --dir %s --account %[2]s --device %[3]s\n",
				device, account, device, r.path, r.o.folder)
			return nil
		}
		password = added.Password
		return err
	})
	if password != "" {
		password += "\n             (shown this once; typed in groups: " + translate.GroupDevicePassword(password) + ")"
	}
	return password, err
}

// withLedger opens the ledger, and makes it where the service has not started yet.
func (r *initRun) withLedger(ctx context.Context, do func(*environment) error) error {
	if err := beginLedger(ctx, r.cfg.State); err != nil {
		return err
	}
	store, err := openLedger(ctx, r.cfg.State)
	if err != nil {
		return err
	}
	return errors.Join(do(newEnvironment(r.cmd, r.cfg, store)), store.Close())
}

// beginLedger makes SQLite's file as the service would at its start, and gives it to
// whoever its folder belongs to: that is the service's user.
func beginLedger(ctx context.Context, c configs.State) error {
	o, err := service.LedgerOptions(c, nil)
	if err != nil || c.Driver != configs.DriverSQLite {
		return err
	}
	if _, err := os.Stat(o.Source); !errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	folder := filepath.Dir(o.Source)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("%w; run it as root", err)
	}
	var store *ledger.Store
	if store, err = service.OpenLedger(ctx, c, hclog.NewNullLogger()); err != nil {
		return err
	}
	if err := store.Close(); err != nil {
		return err
	}
	files, err := filepath.Glob(o.Source + "*")
	if err != nil {
		return err
	}
	return setup.LikeFolder(folder, files...)
}
