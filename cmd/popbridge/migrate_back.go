package main

import "github.com/spf13/cobra"

func migrateBackCommand() *cobra.Command {
	f := moveFlags{back: true}
	return f.command(&cobra.Command{
		Use:   "back (ACCOUNT… | --accounts FILE)",
		Short: "Move accounts back to where they were",
		Long: `Move accounts back to where they were, from their next login on. Accounts that are there
already are left alone. Devices keep their unique-ids, and what was deleted since the
move stays hidden. Mail that arrived on the new server stays there: switch delivery back
and copy it.

The flags are those of "popbridge migrate move".`,
		Example: `  popbridge migrate back alice@example.org --password-file /run/alice
  popbridge migrate back --accounts batch7.txt --dry-run`,
	})
}
