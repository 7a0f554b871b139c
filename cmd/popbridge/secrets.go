package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"

	"github.com/spf13/cobra"

	"popbridge/proxy/ledger/secrets"
	"popbridge/translate"
)

func secretsCommand() *cobra.Command {
	secrets := &cobra.Command{
		Use:   "secrets",
		Short: "Make and change the key that encrypts secrets",
		Long: `Make and change the key that encrypts secrets which the ledger must be able to read
again, such as OAuth 2.0 tokens (state.secrets_key).`,
		Example: `  popbridge secrets key | install -m 0640 -g popbridge /dev/stdin /etc/popbridge/secrets_key
  popbridge secrets rotate`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	secrets.AddCommand(secretsKeyCommand(), secretsRotateCommand())
	return secrets
}

func secretsKeyCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "key",
		Short:   "Print a new key",
		Long:    "Print a new random key for state.secrets_key, 32 octets in base64. Nothing is changed.",
		Example: "  popbridge secrets key | install -m 0640 -g popbridge /dev/stdin /etc/popbridge/secrets_key",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), newSecretsKey())
			return err
		},
	}
}

// newSecretsKey makes a key in base64.
func newSecretsKey() string {
	key := make([]byte, secrets.KeyOctets)
	// crypto/rand.Read never fails (Go 1.24 and later).
	_, _ = rand.Read(key)
	return base64.StdEncoding.EncodeToString(key)
}

func secretsRotateCommand() *cobra.Command {
	return ledgerCommand(acting(&cobra.Command{
		Use:   "rotate",
		Short: "Re-encrypt every secret with the current key",
		Long: `Re-encrypt every secret that is not yet encrypted with the first key of
state.secrets_key. To change the key: put a new one on a line before the old one,
restart the service, run this command, remove the old line, and restart again. If several
proxies share the ledger, first add the new key after the old one everywhere, so that
each can read what the others write.`,
		Example: "  popbridge secrets rotate",
	}), nil, func(ctx context.Context, env *environment, _ []string) error {
		rotated, err := env.store.Secrets.Rotate(ctx)
		if err != nil {
			return err
		}
		if env.json {
			return env.print(map[string]int{"rotated": rotated})
		}
		_, err = fmt.Fprintf(env.out, "%s encrypted again; every secret now uses the current key\n", translate.Count(rotated, "secret"))
		return err
	})
}
