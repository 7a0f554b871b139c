package main

import "github.com/spf13/cobra"

func migrateCommand() *cobra.Command {
	migrate := &cobra.Command{
		Use:   "migrate",
		Short: "Move accounts from an old server to a new one",
		Long: `Move accounts from an old server to a new one without any device downloading its mail
again. These commands work while the service runs. What they learn is stored in the
ledger account by account, so a run that was interrupted continues where it stopped.

Use them in this order: "detect" says whether unique-ids have to be carried over at all;
"harvest" or "import" learns them. When the mail has been copied, "match" finds it again
on the new server, and "verify" compares what devices will see. "move" serves accounts
from the new server. "status" shows the progress of the migration.

Each command lists the accounts with problems, or all accounts with --all, and ends with
a total. --json prints all accounts, for scripts.`,
		Example: `  popbridge migrate status --accounts all.txt
  popbridge migrate match --from old --to new --accounts accounts.txt`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	migrate.AddCommand(migrateDetectCommand(), migrateHarvestCommand(), migrateImportCommand(), migrateExportCommand(), migrateMatchCommand(),
		migrateVerifyCommand(), migrateMoveCommand(), migrateBackCommand(), migrateListCommand(), migrateStatusCommand())
	return migrate
}
