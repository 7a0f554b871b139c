package main

import (
	"github.com/spf13/cobra"

	"popbridge/cmd/popbridge/internal/manual"
)

// manualCommand writes what docs holds of the program itself. It is for "make man",
// so help does not show it.
func manualCommand() *cobra.Command {
	var date string
	cmd := &cobra.Command{
		Use:    "manual FOLDER",
		Short:  "Write the man pages and the references",
		Hidden: true,
		Args:   cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return manual.Write(cmd.Root(), date, args[0])
		},
	}
	cmd.Flags().StringVar(&date, "date", "", "the date of the pages, that of the newest release")
	return cmd
}
