package main

import (
	"context"

	"github.com/spf13/cobra"
)

// deskCommand completes a command that asks and changes only what may be asked of a
// service elsewhere too.
func deskCommand(cmd *cobra.Command, arguments []string, run func(context.Context, *environment, []string) error) *cobra.Command {
	return ledgerCommand(cmd, arguments, run)
}

// accountWord is an account as it is told, which a service elsewhere reads by itself.
func (env *environment) accountWord(name string) string {
	if account, err := env.account(name); err == nil {
		return account
	}
	return name
}
