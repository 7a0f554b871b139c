package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"popbridge/cmd/popbridge/internal/setup"
)

// initOptions are the flags of init that answer no question.
type initOptions struct {
	folder, format   string
	passwordFile     string
	domain           string
	certificate, key string
	yes              bool
}

func initCommand() *cobra.Command {
	var o initOptions
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Set up popbridge: a first configuration and a working device",
		Long: `Set up popbridge. The command asks where the mail is, for which account, which device
reads it, and from which network. It looks at the server and writes a short
configuration and the secrets beside it, readable only by the service. It prints the
steps that only a person can take at Microsoft or Google, and waits for them. Then it
tries a login, as "popbridge check --connect" does, makes the device's password if one
is needed, and prints what to type into the device.

Each question can be answered by a flag, for scripts. With --yes nothing is asked, and
questions without a flag take their default. Nothing is ever overwritten. If the command
is run again, it continues where it stopped.`,
		Example: `  popbridge init
  popbridge init --provider imap --address imap.example.org --account alice@example.org --yes
  popbridge init --provider microsoft365 --account alice@example.org --device scanner --network 10.1.0.0/16`,
		Args: noArguments,
	}
	flags := cmd.Flags()
	flags.String("provider", "", "where the mail is: microsoft365, google_workspace, gmail, yahoo, icloud, fastmail, zoho, qq, netease163, or imap for another server")
	flags.String("address", "", "with --provider imap: the server, as host or host:port")
	flags.String("account", "", "the first account that a device reads")
	flags.StringVar(&o.domain, "domain", "", "the domain of the accounts that devices may log in to (default that of --account)")
	flags.String("device", "", "the name of the device (default scanner)")
	flags.String("network", "", "where devices are, such as 10.1.0.0/16 (default local: every private network)")
	flags.String("sending", "", "whether devices shall send mail too: no, yes, or with --provider imap the server that takes mail, as host or host:port (default no)")
	flags.String("flow", "", "with Microsoft 365: client_credentials, device or code (default client_credentials)")
	flags.String("tenant", "", "with Microsoft 365: the directory's id or domain")
	flags.String("client-id", "", "with Microsoft 365: the application's id")
	flags.String("proof", "", "with Microsoft 365: how the application identifies itself, secret or certificate, which is made for you (default secret)")
	flags.StringVar(&o.certificate, "client-certificate", "", "with Microsoft 365: an existing certificate in PEM instead, which is copied")
	flags.StringVar(&o.key, "client-key", "", "the private key of --client-certificate")
	flags.StringVar(&o.folder, "dir", "/etc/popbridge", "the folder of the configuration and its secrets")
	flags.StringVar(&o.format, "format", "yaml", "the language of the configuration, yaml or hcl")
	flags.StringVar(&o.passwordFile, "password-file", "", "a file with the account's password, for the trial login; it is not stored")
	flags.BoolVar(&o.yes, "yes", false, "ask nothing")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if o.format != "yaml" && o.format != "hcl" {
			return usageError{fmt.Errorf("--format %q is not known; yaml or hcl", o.format)}
		}
		out := cmd.OutOrStdout()
		r := initRun{cmd: cmd, o: o, out: out, ask: setup.NewDialogue(cmd.InOrStdin(), out, o.yes)}
		return r.run(cmd.Context())
	}
	return cmd
}
