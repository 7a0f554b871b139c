package main

import "github.com/spf13/cobra"

func migrateBackCommand() *cobra.Command {
	f := moveFlags{back: true}
	return f.command(&cobra.Command{
		Use:   "back (ACCOUNT… | --accounts FILE)",
		Short: "Serve accounts from where they were before they were moved",
		Long: `Take accounts back to where they were before they were moved, from their next login on,
and leave those alone that are there already. Devices keep their unique-ids, and what
was deleted since the move stays hidden. Mail that has come to the new server alone
stays there: switch delivery back, and copy it.

The flags mean what they mean to "popbridge migrate move".`,
		Example: `  popbridge migrate back alice@example.org --password-file /run/alice
  popbridge migrate back --accounts batch7.txt --dry-run`,
	})
}
