package main

import (
	"context"

	"github.com/spf13/cobra"
)

func accountShowCommand() *cobra.Command {
	return deskCommand(&cobra.Command{
		Use:   "show ACCOUNT",
		Short: "Explain an account: routes, policy, devices, what is remembered",
		Long: `Explain an account: which routes its devices take, with which policy, what the
mailbox held when it was last listed, which devices there are, with which formats
unique-ids were made, and what was deleted last; also whether it was moved to another
upstream. Of each route it says where it leads now, which passwords it takes, and what
DELE does there. Nothing is asked of the upstream.`,
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
