package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
)

func kickCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "kick ACCOUNT",
		Short: "End the sessions of an account, on every running popbridge",
		Long: `End the sessions of an account, or of one of its devices, on every popbridge that shares
the ledger, and say how many there were. Connections are closed within about a second,
and nothing they have marked is deleted. The devices may log in again at once; "popbridge
account disable" keeps them out. This needs a ledger on disk.`,
		Example: `  popbridge kick alice@example.org
  popbridge kick alice@example.org --device scanner`,
	}
	device := cmd.Flags().String("device", "", "only the sessions of this device")
	return deskCommand(acting(cmd), []string{"ACCOUNT"}, func(ctx context.Context, env *environment, args []string) error {
		return kick(ctx, env, args[0], *device)
	})
}

func kick(ctx context.Context, env *environment, name, device string) error {
	k, err := env.desk.Kick(ctx, name, device)
	if err != nil {
		return err
	}
	if env.json {
		return env.print(k)
	}
	_, err = fmt.Fprintln(env.out, k.Words())
	return err
}
