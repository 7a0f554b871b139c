package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"popbridge/cmd/popbridge/internal/remote"
)

// deskCommand completes a command that asks and changes only what may be asked of a
// service elsewhere too: with --server it needs neither configuration nor ledger.
func deskCommand(cmd *cobra.Command, arguments []string, run func(context.Context, *environment, []string) error) *cobra.Command {
	server := cmd.Flags().String("server", "", "ask the popbridge at this address, such as https://popbridge.example.org/, by its API")
	tokenFile := cmd.Flags().String("token-file", "", "with --server: a file with the token for it")
	cmd = ledgerCommand(cmd, arguments, run)
	cmd.MarkFlagsRequiredTogether("server", "token-file")
	cmd.MarkFlagsMutuallyExclusive("server", "config")
	here := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if *server == "" {
			return here(cmd, args)
		}
		env, err := elsewhere(cmd, *server, *tokenFile)
		if err != nil {
			return usageError{err}
		}
		env.json, _ = cmd.Flags().GetBool("json") // it is there
		return mistaken(run(cmd.Context(), env, args))
	}
	return cmd
}

// elsewhere is the environment of a command that asks a service by its API.
func elsewhere(cmd *cobra.Command, server, tokenFile string) (*environment, error) {
	env := &environment{cmd: cmd, out: cmd.OutOrStdout()}
	env.warnOthers(tokenFile)
	token, err := readToken(tokenFile)
	if err != nil {
		return nil, err
	}
	env.desk, err = remote.New(server, token)
	return env, err
}

// readToken reads a file with a token alone, or a line of a tokens_file.
func readToken(file string) (string, error) {
	secret, err := readPassword(file)
	if err != nil {
		return "", errors.New(strings.Replace(err.Error(), "--password-file", "--token-file", 1))
	}
	fields := strings.Fields(secret.Reveal())
	switch len(fields) {
	case 1:
		return fields[0], nil
	case 3:
		return fields[2], nil
	}
	return "", fmt.Errorf("--token-file: %s contains neither a token on its own nor a line NAME read|write TOKEN", file)
}

// accountWord is an account as it is told, which a service elsewhere reads by itself.
func (env *environment) accountWord(name string) string {
	if env.clerk == nil {
		return name
	}
	if account, err := env.account(name); err == nil {
		return account
	}
	return name
}
