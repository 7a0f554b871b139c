package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"popbridge/proxy/admin/desk"
	"popbridge/translate"
)

// undeleteOptions are the flags of undelete.
type undeleteOptions struct {
	*chosen
	dryRun       bool
	passwordFile string
	login        string
}

func accountUndeleteCommand() *cobra.Command {
	var o undeleteOptions
	cmd := &cobra.Command{
		Use:   "undelete ACCOUNT (--since 2h | --message ID) [--password-file FILE]",
		Short: "Bring back what devices have deleted",
		Long: `Bring back messages that devices have deleted: those in the trash or the archive are
moved back, and those that were flagged or hidden are shown again. Messages that were
expunged are gone, unless the server has a backup. A message that is brought back gets a
new unique-id, so devices download it, even if they still have a copy. The journal
records it, so it is not done twice.

The command logs in upstream as the service would: with the account's password, or
without one if upstream.auth is master or oauth2. --login uses another name there, such
as that of a master user. The exit code is 1 if a message could not be brought back.`,
		Example: `  popbridge account undelete alice@example.org --since 2h --dry-run --password-file /run/alice
  popbridge account undelete alice@example.org --message '<1@example.org>' --password-file /run/alice
  popbridge account undelete alice@example.org --since 1d --device scanner --login 'alice@example.org*master' --password-file /run/master`,
	}
	o.chosen = chooseFlags(cmd)
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "only say what would be brought back")
	cmd.Flags().StringVar(&o.passwordFile, "password-file", "", "a file with the account's password")
	cmd.Flags().StringVar(&o.login, "login", "", "the name to log in with upstream, if it differs")
	cmd.MarkFlagsOneRequired("since", "message")
	return ledgerCommand(acting(cmd), []string{"ACCOUNT"}, func(ctx context.Context, env *environment, args []string) error {
		return undeleteMessages(ctx, env, args[0], o)
	})
}

func undeleteMessages(ctx context.Context, env *environment, name string, o undeleteOptions) error {
	account, err := env.account(name)
	if err != nil {
		return err
	}
	password, err := env.passwordFor(ctx, account, o.passwordFile)
	if err != nil {
		return err
	}
	r, err := env.desk.Undelete(ctx, name, desk.Undelete{DeletionQuery: o.query(env.cmd), Password: password.Reveal(), Login: o.login, DryRun: o.dryRun})
	if err != nil {
		return err
	}
	if err := writeUndelete(env, r); err != nil {
		return err
	}
	for _, text := range r.Unopened {
		fmt.Fprintf(env.cmd.ErrOrStderr(), "popbridge: %s\n", text)
	}
	if r.Failed > 0 {
		return errReported
	}
	return nil
}

func writeUndelete(env *environment, r desk.Restored) error {
	if env.json {
		return env.print(r.Messages)
	}
	t := newTable(env.out, "")
	heads := false
	for _, u := range r.Messages {
		if u.Unopened {
			continue
		}
		if !heads {
			t.row("DELETED", "DEVICE", "ACTION", "MESSAGE-ID", "RESULT")
			heads = true
		}
		verdict := ""
		if !u.BroughtBack && !r.DryRun {
			verdict = "NOT brought back: "
		}
		t.row(at(u.At), u.Device, u.Action, u.MessageID, verdict+u.Result)
	}
	if err := t.end(); err != nil {
		return err
	}
	text := "%d of %s brought back; devices download them at their next login\n"
	if r.DryRun {
		text = "%d of %s would be brought back; nothing was changed\n"
	}
	_, err := fmt.Fprintf(env.out, text, len(r.Messages)-r.Failed, translate.Count(len(r.Messages), "message"))
	return err
}
