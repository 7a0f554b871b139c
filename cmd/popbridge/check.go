package main

import (
	"context"
	"errors"
	"io"
	"slices"

	"github.com/hashicorp/go-hclog"
	"github.com/spf13/cobra"

	"popbridge/cmd/popbridge/internal/service"
	"popbridge/configs"
	"popbridge/proxy/upstream"
	"popbridge/translate"
)

// checkOptions are the flags of check.
type checkOptions struct {
	config       string
	connect      bool
	account      string
	passwordFile string
	password     configs.Secret // in place of passwordFile
	json         bool
}

func checkCommand() *cobra.Command {
	var o checkOptions
	var named *string
	cmd := &cobra.Command{
		Use:   "check [FILE]",
		Short: "Report every mistake in a configuration",
		Long: `Read the configuration and report every mistake at once, as
"file:line: key: what is wrong and what would be right". Warnings point out what is
allowed but dangerous. --connect also tries each upstream, the port of each listener and
the state store, and prints a line for each. --account logs in as well, and shows what a
server reveals only then; it needs --password-file if upstream.auth needs a password.
The exit code is 2 if there are mistakes, and 1 if something could not be reached.
--json prints a single object with the problems and findings, for scripts.`,
		Example: `  popbridge check
  popbridge check popbridge.yaml --connect
  popbridge check popbridge.yaml --connect --account alice@example.org --password-file /run/alice`,
		Args: oneConfiguration,
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if o.config, err = theConfiguration(args, *named); err != nil {
				return err
			}
			return check(cmd.Context(), o, cmd.OutOrStdout())
		},
	}
	named = configFlag(cmd)
	cmd.Flags().BoolVar(&o.connect, "connect", false, "also try each upstream, each listener's port and the state store")
	cmd.Flags().StringVar(&o.account, "account", "", "with --connect: log in as this account")
	cmd.Flags().StringVar(&o.passwordFile, "password-file", "", "a file with the account's password")
	cmd.Flags().BoolVar(&o.json, "json", false, "print JSON, for scripts")
	return cmd
}

func check(ctx context.Context, o checkOptions, out io.Writer) error {
	if o.passwordFile != "" && o.account == "" {
		return usageError{errors.New("--password-file needs --account: whose password is it?")}
	}
	if o.account != "" && !o.connect {
		return usageError{errors.New("--account needs --connect: without it there is no login")}
	}
	cfg, problems := configs.Load(o.config)
	r := newCheckReport(o, problems, out)
	if n := len(problems.Errors()); n > 0 {
		r.say("%s: %s", o.config, translate.Count(n, "mistake"))
		return errors.Join(r.end(), usageError{errReported})
	}
	r.say("%s: no mistakes, %s; %s, %s, %s", o.config, translate.Count(len(problems.Warnings()), "warning"),
		translate.Count(len(cfg.Listener), "listener"), translate.Count(len(cfg.Upstream), "upstream"), translate.Count(len(cfg.Routes()), "route"))
	var err error
	if o.connect {
		err = checkConnections(ctx, cfg, o, r.tell)
	}
	if err = errors.Join(err, r.end()); err == nil && r.failed {
		return errReported
	}
	return err
}

// checkConnections tries what the configuration leads to.
func checkConnections(ctx context.Context, cfg *configs.Config, o checkOptions, tell func(subject string, findings ...upstream.Finding)) error {
	var login *translate.Login
	var password configs.Secret
	if o.account != "" {
		named, secret, err := o.login(cfg, tell)
		if err != nil {
			return err
		}
		login, password = &named, secret
	}
	pool, done := checkUpstreams(ctx, cfg)
	defer done()
	pool.Check(ctx, cfg, login, tell)
	service.CheckPorts(ctx, cfg, tell)
	tell("state", checkState(ctx, cfg.State))
	if login != nil {
		pool.CheckLogin(ctx, cfg, *login, password, tell)
	}
	return nil
}

// login is who is to be logged in, and with which password. It warns of a password's
// file that others can read or write.
func (o checkOptions) login(cfg *configs.Config, tell func(subject string, findings ...upstream.Finding)) (login translate.Login, password configs.Secret, err error) {
	password = o.password
	if o.passwordFile != "" {
		if text := configs.NotPrivate(o.passwordFile); text != "" {
			tell("--password-file", upstream.Finding{Warning: true, Text: text})
		}
		if password, err = readPassword(o.passwordFile); err != nil {
			return login, password, err
		}
	}
	if login, err = cfg.Login.Rules().Parse(o.account); err != nil {
		return login, password, usageError{err}
	}
	return login, password, nil
}

// checkUpstreams are connections for a look. Tokens that owners have agreed to come
// from the ledger, if there is one.
func checkUpstreams(ctx context.Context, cfg *configs.Config) (u service.Upstreams, done func()) {
	log := hclog.NewNullLogger()
	store, err := openLedger(ctx, cfg.State)
	if err != nil {
		u = service.UpstreamsWithout(log, err)
		return u, u.Close
	}
	u = service.NewUpstreams(log, store)
	return u, func() {
		u.Close()
		_ = store.Close()
	}
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
