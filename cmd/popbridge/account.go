package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/hashicorp/go-hclog"
	"github.com/spf13/cobra"

	"popbridge/cmd/popbridge/internal/clerk"
	"popbridge/cmd/popbridge/internal/service"
	"popbridge/configs"
	"popbridge/proxy/admin/desk"
	"popbridge/proxy/backend"
	"popbridge/proxy/ledger"
	"popbridge/proxy/upstream/imapbox"
	"popbridge/translate"
)

func accountCommand() *cobra.Command {
	account := &cobra.Command{
		Use:   "account",
		Short: "See and change what is remembered about accounts",
		Long: `See and change what the ledger remembers about accounts and their devices. These
commands work while the service runs; a change takes effect at the device's next login.
They need a ledger on disk: with state.driver "memory" another process cannot see it.`,
		Example: `  popbridge account list
  popbridge account show alice@example.org
  popbridge account undelete alice@example.org --since 2h --password-file /run/alice`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	account.AddCommand(accountListCommand(), accountShowCommand(), accountDisableCommand(), accountEnableCommand(),
		accountForgetCommand(), accountAcceptCommand(),
		accountDeviceCommand(), accountDeletionsCommand(), accountUndeleteCommand(),
		accountAuthorizeCommand(), accountLogoutCommand())
	return account
}

// environment is what a command works with that looks into the ledger.
type environment struct {
	cmd   *cobra.Command
	cfg   *configs.Config // nil: the command asks a service elsewhere
	store *ledger.Store
	clerk *clerk.Clerk
	desk  desk.Desk // the clerk, or the service that is asked
	out   io.Writer
	json  bool            // output is for scripts
	acts  backend.Backend // whose trail is told of what is changed
}

func newEnvironment(cmd *cobra.Command, cfg *configs.Config, store *ledger.Store) *environment {
	env := &environment{cmd: cmd, cfg: cfg, store: store, out: cmd.OutOrStdout()}
	env.clerk = &clerk.Clerk{
		Config: func() *configs.Config { return cfg }, Store: store, RoutesOf: env.routesOf,
		Pool: func() (*imapbox.Pool, func()) {
			pool := env.upstreams()
			return pool.IMAP, pool.Close
		},
	}
	env.desk = env.clerk
	return env
}

// ledgerCommand completes a command that works on the ledger, with the flags that
// all of them have. Its arguments are named in usage errors.
func ledgerCommand(cmd *cobra.Command, arguments []string, run func(context.Context, *environment, []string) error) *cobra.Command {
	configFlag(cmd)
	cmd.Flags().Bool("json", false, "print JSON, for scripts")
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) < len(arguments) {
			return usageError{fmt.Errorf("%s is missing; see %q", arguments[len(args)], cmd.CommandPath()+" --help")}
		}
		return noArguments(cmd, args[len(arguments):])
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return inLedger(cmd, arguments, args, run) }
	return cmd
}

// inLedger runs a command that has the flags of ledgerCommand, with the arguments that
// it was given and their names.
func inLedger(cmd *cobra.Command, arguments, args []string, run func(context.Context, *environment, []string) error) error {
	path, _ := cmd.Flags().GetString("config") // both flags are there
	asJSON, _ := cmd.Flags().GetBool("json")
	d, err := openEnvironment(cmd, path)
	if err != nil {
		return err
	}
	d.json = asJSON
	err = d.witnessed(arguments, args, func() error { return mistaken(run(cmd.Context(), d, args)) })
	return errors.Join(err, d.store.Close())
}

// mistaken makes an error of the operator's words one of usage.
func mistaken(err error) error {
	if kind, ok := desk.KindOf(err); ok && kind == desk.Invalid {
		return usageError{err}
	}
	return err
}

func openEnvironment(cmd *cobra.Command, named string) (*environment, error) {
	path, err := configPath(named)
	if err != nil {
		return nil, err
	}
	cfg, problems := configs.Load(path)
	if errs := problems.Errors(); len(errs) > 0 {
		report(cmd.ErrOrStderr(), errs)
		return nil, usageError{errReported}
	}
	store, err := openLedger(cmd.Context(), cfg.State)
	if err != nil {
		return nil, err
	}
	return newEnvironment(cmd, cfg, store), nil
}

// openLedger opens the ledger beside the service. It never makes a file: one made
// by the wrong user would be in the service's way.
func openLedger(ctx context.Context, c configs.State) (*ledger.Store, error) {
	o, err := ledgerThere(c)
	if err != nil {
		return nil, err
	}
	return ledger.Open(ctx, o)
}

// upstreams connects as the service would. Close them before the ledger.
func (env *environment) upstreams() service.Upstreams {
	u := service.NewUpstreams(hclog.NewNullLogger(), env.store)
	u.Configure(env.cfg)
	return u
}

// routesOf gives the configuration with an account's routes as its directories fill them
// in.
func (env *environment) routesOf(ctx context.Context, account string) (*configs.Config, error) {
	u := env.upstreams()
	defer u.Close()
	return u.RoutesOf(ctx, env.cfg, translate.Login{Account: account})
}

// routesBy is routesOf for many accounts: with one pool, which keeps what directories have
// answered.
func routesBy(pool service.Upstreams, cfg *configs.Config) func(context.Context, string) (*configs.Config, error) {
	return func(ctx context.Context, account string) (*configs.Config, error) {
		return pool.RoutesOf(ctx, cfg, translate.Login{Account: account})
	}
}

// account reads an account as a login is read.
func (env *environment) account(name string) (string, error) {
	account, err := env.clerk.AccountName(name)
	return account, mistaken(err)
}

// print writes a value as JSON.
func (env *environment) print(v any) error {
	e := json.NewEncoder(env.out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// passwordFor is the password in a file. It may be left out where popbridge logs in
// upstream without one.
func (env *environment) passwordFor(ctx context.Context, account, file string) (configs.Secret, error) {
	if file != "" {
		return env.readPassword(file)
	}
	upstream, err := env.clerk.WantsPassword(ctx, account)
	if err != nil {
		return configs.Secret{}, err
	}
	if upstream != "" {
		return configs.Secret{}, usageError{fmt.Errorf("upstream %q needs the account's password: add --password-file", upstream)}
	}
	return configs.Secret{}, nil
}

// readPassword reads a password, and warns where others can.
func (env *environment) readPassword(file string) (configs.Secret, error) {
	env.warnOthers(file)
	return readPassword(file)
}

// warnOthers warns of a file with passwords that every user of the machine can read or
// write.
func (env *environment) warnOthers(file string) {
	if text := configs.NotPrivate(file); text != "" {
		fmt.Fprintf(env.cmd.ErrOrStderr(), "popbridge: warning: passwords in %s\n", text)
	}
}

// readPassword reads a file that holds a password and perhaps a line end.
func readPassword(file string) (configs.Secret, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return configs.Secret{}, usageError{fmt.Errorf("--password-file: %w", err)}
	}
	password := strings.TrimRight(string(text), "\r\n")
	if password == "" {
		return configs.Secret{}, usageError{fmt.Errorf("--password-file: %s is empty; write the password on its first line", file)}
	}
	return configs.NewSecret(password), nil
}
