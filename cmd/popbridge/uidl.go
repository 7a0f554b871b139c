package main

import "github.com/spf13/cobra"

func uidlCommand() *cobra.Command {
	uidl := &cobra.Command{
		Use:   "uidl",
		Short: "Carry unique-ids from an old server to a new one",
		Long: `Carry unique-ids from an old server to a new one, so that no device downloads its
mail a second time when an account moves. These commands work beside a running
service. They change no mailbox; what they learn is kept in the ledger, account by
account, so that a run which was interrupted goes on where it was.`,
		Example: "  popbridge uidl match --from old --to new --accounts accounts.txt --config popbridge.yaml",
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	uidl.AddCommand(uidlHarvestCommand(), uidlImportCommand(), uidlExportCommand(), uidlDetectCommand(), uidlMatchCommand(), uidlVerifyCommand())
	return uidl
}
