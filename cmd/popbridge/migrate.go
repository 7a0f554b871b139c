package main

import "github.com/spf13/cobra"

func migrateCommand() *cobra.Command {
	migrate := &cobra.Command{
		Use:   "migrate",
		Short: "Move accounts from an old server to a new one",
		Long: `Move accounts from an old server to a new one, so that no device downloads its mail a
second time. These commands work beside a running service. What they learn is kept in
the ledger, account by account, so that a run which was interrupted goes on where it
was.

In this order: "detect" says whether unique-ids have to be carried over at all;
"harvest" or "import" learns them; when the mail has been copied, "match" finds it
again on the new server and "verify" compares what devices will see; "move" serves
accounts from there. "status" says how far the migration is.

Each command names the accounts with problems, and all with --all, and ends with a
total. --json prints all accounts, for scripts.`,
		Example: `  popbridge migrate status --accounts all.txt
  popbridge migrate match --from old --to new --accounts accounts.txt`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	migrate.AddCommand(migrateDetectCommand(), migrateHarvestCommand(), migrateImportCommand(), migrateExportCommand(), migrateMatchCommand(),
		migrateVerifyCommand(), migrateMoveCommand(), migrateBackCommand(), migrateListCommand(), migrateStatusCommand())
	return migrate
}
