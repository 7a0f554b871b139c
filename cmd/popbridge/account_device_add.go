package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"popbridge/configs"
	"popbridge/proxy/ledger/secrets"
	"popbridge/proxy/route"
	"popbridge/translate"
)

// newDevice are the flags of account device add.
type newDevice struct {
	password bool
	apop     bool
	label    string
}

func accountDeviceAddCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "add ACCOUNT DEVICE",
		Short: "Let a device log in, with --password by a password of its own",
		Long: `Let a device log in where login.devices is "known". With --password it also gets a
password of its own, for routes with login = "device" or "either". The password is
printed once and cannot be shown again: what is kept does not let anybody log in. It
tells which device it is, so a device that cannot type +scanner behind its account
need not. A device that sends it may do so in capitals, with blanks or hyphens; one
that proves it (SCRAM, APOP, CRAM-MD5) needs it as printed.

With --apop the device may also log in with APOP and CRAM-MD5, on listeners with
apop = true. That has a price: the password itself has to be kept, encrypted with
state.secrets_key, and whoever has both the ledger and the key can read it.`,
		Example: `  popbridge account device add alice@example.org scanner
  popbridge account device add alice@example.org scanner --password --label "2nd floor"`,
	}
	var n newDevice
	cmd.Flags().BoolVar(&n.password, "password", false, "make a password for this device alone, and print it")
	cmd.Flags().BoolVar(&n.apop, "apop", false, "with --password: keep it so that APOP and CRAM-MD5 work, encrypted with state.secrets_key")
	cmd.Flags().StringVar(&n.label, "label", "", "a note that is shown beside the password in lists")
	return ledgerCommand(cmd, []string{"ACCOUNT", "DEVICE"}, func(ctx context.Context, env *environment, args []string) error {
		if n.password {
			return addPassword(ctx, env, args, n)
		}
		if n.label != "" || n.apop {
			return usageError{errors.New("--label and --apop are about a password; add --password")}
		}
		return addDevice(ctx, env, args)
	})
}

func addDevice(ctx context.Context, env *environment, args []string) error {
	account, device, err := env.device(args[0], args[1])
	if err != nil {
		return err
	}
	if err := env.store.AddDevice(ctx, account, device); err != nil {
		return err
	}
	env.remarkDevices()
	return env.reportDevice("added", account, device, fmt.Sprintf("device %s of %s may log in\n", device, account))
}

// makePassword makes a password for a device, and gives it with both as a login brings
// them.
func (env *environment) makePassword(ctx context.Context, accountName, deviceName string, n newDevice) (account, device, password string, err error) {
	if account, device, err = env.deviceWithPassword(accountName, deviceName); err != nil {
		return "", "", "", err
	}
	keys, err := env.store.Secrets.Keyring(ctx, account)
	if err != nil {
		return "", "", "", translate.Cause(err)
	}
	password = translate.MakeDevicePassword()
	verifier, err := translate.Verify(password, keys.Salt, keys.Iterations)
	if err != nil {
		return "", "", "", err
	}
	var readable []byte
	if n.apop {
		readable = []byte(password)
	}
	err = env.store.Secrets.AddDevicePassword(ctx, account, n.label, translate.DevicePassword{Device: device, Verifier: verifier}, readable)
	if errors.Is(err, secrets.ErrHasPassword) {
		err = fmt.Errorf("%w; to give it another, first: popbridge account device revoke %s %s", err, account, device)
	}
	if err != nil {
		return "", "", "", err
	}
	return account, device, password, nil
}

// addPassword makes a password and prints it, the only time that it is in clear.
func addPassword(ctx context.Context, env *environment, args []string, n newDevice) error {
	account, err := env.account(args[0])
	if err != nil {
		return err
	}
	if err := env.askDirectories(ctx, account); err != nil {
		return err
	}
	account, device, password, err := env.makePassword(ctx, args[0], args[1], n)
	if err != nil {
		return err
	}
	if !takesDevicePasswords(env.cfg, account, device) {
		fmt.Fprintf(env.cmd.ErrOrStderr(), "popbridge: no route of %s takes this password; set login = \"device\" or \"either\" in one\n", account)
	}
	if env.json {
		return env.print(map[string]string{"account": account, "device": device, "password": password})
	}
	_, err = fmt.Fprintf(env.out, "Device %s of %s has a password of its own now, which is shown this once:\n\n  %s\n\nTo type it: %s\n",
		device, account, password, translate.GroupDevicePassword(password))
	return err
}

// takesDevicePasswords reports whether a route serves this device with a password
// of its own. The device may come by any listener and from any network.
func takesDevicePasswords(cfg *configs.Config, account, device string) bool {
	for _, r := range route.ServingDevice(cfg, translate.Login{Account: account, Device: device}) {
		if r.Login != configs.LoginUpstream {
			return true
		}
	}
	return false
}

// device reads a device's name as a login would bring it, and refuses one that no
// login can bring.
func (env *environment) device(accountName, deviceName string) (account, device string, err error) {
	if account, err = env.account(accountName); err != nil {
		return "", "", err
	}
	rules := env.cfg.Login.Rules()
	if rules.DeviceSeparator == "" {
		return "", "", usageError{fmt.Errorf("login.device_separator is empty, so no login names a device; set it, such as %q", "+")}
	}
	local, domain, hasDomain := cutDomain(account)
	name := local + rules.DeviceSeparator + deviceName
	if hasDomain {
		name += "@" + domain
	}
	wanted := deviceName
	if rules.Lowercase {
		wanted = strings.ToLower(deviceName)
	}
	login, err := rules.Parse(name)
	if err == nil && (login.Account != account || wanted == "" || login.Device != wanted) {
		err = fmt.Errorf("no login can name it: %q would be device %q of account %q", name, login.Device, login.Account)
	}
	if err != nil {
		return "", "", usageError{fmt.Errorf("device %q: %w", deviceName, err)}
	}
	return account, login.Device, nil
}

// deviceWithPassword is device for one whose password names it: where logins name
// none, any name will do that a login name could hold.
func (env *environment) deviceWithPassword(accountName, deviceName string) (account, device string, err error) {
	rules := env.cfg.Login.Rules()
	if rules.DeviceSeparator != "" {
		return env.device(accountName, deviceName)
	}
	if account, err = env.account(accountName); err != nil {
		return "", "", err
	}
	login, err := rules.Parse(deviceName)
	if err == nil && strings.Contains(deviceName, "@") {
		err = errors.New("a device's name holds no @")
	}
	if err != nil {
		return "", "", usageError{fmt.Errorf("device %q: %w", deviceName, err)}
	}
	device, _, _ = cutDomain(login.Account) // without login.default_domain
	return account, device, nil
}

func cutDomain(account string) (local, domain string, found bool) {
	if i := strings.LastIndexByte(account, '@'); i >= 0 {
		return account[:i], account[i+1:], true
	}
	return account, "", false
}
