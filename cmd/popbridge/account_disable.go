package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
)

func accountDisableCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "disable ACCOUNT",
		Short: "Refuse every login of an account, and end its sessions",
		Long: `Refuse every login of an account, for reading and for sending, on every popbridge that
shares the ledger, and end its sessions and upstream connections within about a second.
Devices are answered as if their password were wrong, in the same time; the log, the
audit trail and "account show" say what it is. Nothing is deleted or forgotten. The
account need not have logged in before. "account enable" takes it back.`,
		Example: `  popbridge account disable alice@example.org --reason "unpaid since May"`,
	}
	reason := cmd.Flags().String("reason", "", "a note for other operators, at most 200 octets")
	return deskCommand(acting(cmd), []string{"ACCOUNT"}, func(ctx context.Context, env *environment, args []string) error {
		d, err := env.desk.Disable(ctx, args[0], *reason)
		if err != nil {
			return err
		}
		if env.json {
			return env.print(d)
		}
		_, err = fmt.Fprintln(env.out, d.Words())
		return err
	})
}

func accountEnableCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "enable ACCOUNT",
		Short: "Let an account that was disabled log in again",
		Long: `Let an account that was disabled log in again. Its devices find everything as they have
left it.`,
		Example: `  popbridge account enable alice@example.org`,
	}
	return deskCommand(acting(cmd), []string{"ACCOUNT"}, func(ctx context.Context, env *environment, args []string) error {
		e, err := env.desk.Enable(ctx, args[0])
		if err != nil {
			return err
		}
		if env.json {
			return env.print(e)
		}
		_, err = fmt.Fprintf(env.out, "%s is enabled: it may log in again\n", e.Account)
		return err
	})
}
