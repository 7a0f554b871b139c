package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"popbridge/cmd/popbridge/internal/clerk"
	"popbridge/proxy/admin/desk"
	"popbridge/proxy/migration"
	"popbridge/translate"
)

// sheetLines is how many lines are put on disk at once, and then given to the ledger.
const sheetLines = 100

// bulkDevice is the device that passwords are made for where the operator names none.
const bulkDevice = "pop3"

// bulk gives a device of each of many accounts a password, which one file has.
type bulk struct {
	*environment
	n        desk.NewDevice
	device   string
	accounts []migration.Account
	sheet    *deviceSheet
	progress *migration.Progress
	closed   []string // accounts with no route that takes such passwords
	handedOut
}

// handedOut is what a run has done.
type handedOut struct {
	Made   int    `json:"made"`
	Kept   int    `json:"kept"` // those that an earlier run has made
	Failed int    `json:"failed"`
	CSV    string `json:"csv"`
}

// addDevices makes the passwords that are missing. What an earlier run was interrupted
// at is completed with the passwords that its file has.
func addDevices(ctx context.Context, env *environment, accounts, sheet, device string, n desk.NewDevice) (err error) {
	b := &bulk{environment: env, n: n, handedOut: handedOut{CSV: sheet}}
	if n.APOP && env.cfg.State.SecretsKey.Empty() {
		return usageError{errors.New(`--apop needs state.secrets_key: make a key with "popbridge secrets key"`)}
	}
	if b.accounts, err = (&batchFlags{accounts: accounts}).readAccounts(env); err != nil {
		return err
	}
	names := make(map[string]bool, len(b.accounts))
	for _, a := range b.accounts {
		if _, b.device, err = env.clerk.DeviceWithPassword(a.Name, device); err != nil {
			return err
		}
		names[a.Name] = true
	}
	if b.sheet, err = openSheet(sheet, b.device); err != nil {
		return usageError{fmt.Errorf("--csv: %w", err)}
	}
	defer func() { err = errors.Join(err, b.sheet.close()) }()
	if err := b.sheet.knows(names); err != nil {
		return usageError{fmt.Errorf("--csv: %w", err)}
	}
	pool := env.upstreams()
	defer pool.Close()
	env.clerk.RoutesOf = routesBy(pool, env.cfg)
	told := env.cmd.ErrOrStderr()
	b.progress = migration.NewProgress(told, isTerminal(told), "passwords", len(b.accounts))
	for part := range slices.Chunk(b.accounts, sheetLines) {
		if err := b.give(ctx, part); err != nil {
			b.progress.End()
			return fmt.Errorf("%w; run the command again to go on", err)
		}
	}
	b.progress.End()
	return b.report()
}

// give makes the passwords of some accounts. An error ends the run; what concerns one
// account only is told.
func (b *bulk) give(ctx context.Context, accounts []migration.Account) error {
	var wanting []migration.Account
	for _, a := range accounts {
		password, listed := b.sheet.passwords[a.Name]
		kept, err := b.clerk.KeptPassword(ctx, a.Name, b.device, password)
		switch {
		case err != nil:
			return errors.Join(err, b.sheet.flush())
		case kept == clerk.KeptThis:
			b.Kept++
			b.progress.Did(a, nil)
		case kept == clerk.KeptRevoked:
			b.failed(a, fmt.Errorf("the password that its line in %s has was revoked; remove the line to have a new one made", b.CSV))
		case kept == clerk.KeptOther && listed:
			b.failed(a, fmt.Errorf("device %s has another password than its line in %s says; remove the line, or revoke the password and remove the line to have a new one made", b.device, b.CSV))
		case kept == clerk.KeptOther:
			b.failed(a, fmt.Errorf("device %s already has a password, which is not in %s; to make a new one, first run popbridge account device revoke %s %s", b.device, b.CSV, a.Name, b.device))
		default:
			if !listed {
				b.sheet.add(a.Name, translate.MakeDevicePassword())
			}
			wanting = append(wanting, a)
		}
	}
	if err := b.sheet.flush(); err != nil {
		return fmt.Errorf("%s: %w", b.CSV, err)
	}
	for _, a := range wanting {
		taken, err := b.clerk.StorePassword(ctx, a.Name, b.device, b.sheet.passwords[a.Name], b.n)
		if _, fault := desk.KindOf(err); err != nil && !fault {
			return fmt.Errorf("%s: %w", a.Name, err)
		}
		b.did(a.Name, err)
		if err != nil {
			b.failed(a, fmt.Errorf("%w; its line in %s does not work: remove it", err, b.CSV))
			continue
		}
		b.Made++
		b.progress.Did(a, nil)
		if !taken {
			b.closed = append(b.closed, a.Name)
		}
	}
	return nil
}

func (b *bulk) failed(a migration.Account, err error) {
	b.Failed++
	b.progress.Did(a, err)
}

// report says what the run has done.
func (b *bulk) report() error {
	if len(b.closed) > 0 {
		fmt.Fprintf(b.cmd.ErrOrStderr(), "popbridge: warning: no route of %s accepts these passwords, such as %s; set login = \"device\" or \"either\" in one\n",
			translate.Count(len(b.closed), "account"), b.closed[0])
	}
	var err error
	if b.json {
		err = b.print(b.handedOut)
	} else {
		_, err = fmt.Fprintf(b.out, "%s made for device %s, and %d kept from an earlier run: %s has them, which nothing shows again.\n",
			translate.Count(b.Made, "password"), b.device, b.Kept, b.CSV)
	}
	if err == nil && b.Failed > 0 {
		err = fmt.Errorf("%d of %s failed", b.Failed, translate.Count(len(b.accounts), "account"))
	}
	return err
}
