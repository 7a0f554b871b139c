package main

import (
	"context"

	"github.com/spf13/cobra"
)

func accountShowCommand() *cobra.Command {
	return deskCommand(&cobra.Command{
		Use:   "show ACCOUNT",
		Short: "Show an account: routes, policy, devices, what is remembered",
		Long: `Show which routes an account's devices take and with which policy, what the mailbox
contained when it was last listed, which devices there are, how unique-ids were made,
what was deleted recently, and whether the account was moved to another upstream. For
each route it shows where it leads now, which passwords it accepts, and what DELE does.
The upstream is not contacted.`,
		Example: "  popbridge account show alice@example.org",
	}, []string{"ACCOUNT"}, showAccount)
}

func showAccount(ctx context.Context, env *environment, args []string) error {
	a, err := env.desk.Account(ctx, args[0])
	if err != nil {
		return err
	}
	if env.json {
		return env.print(a)
	}
	return writeAccount(env.out, a)
}
