package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"popbridge/cmd/popbridge/internal/health"
	"popbridge/configs"
)

func healthCommand() *cobra.Command {
	var patience time.Duration
	cmd := &cobra.Command{
		Use:   "health",
		Short: "Ask the running service whether it can serve devices",
		Long: `Ask the service that runs on this machine with this configuration whether it can
serve devices. Where metrics.address is set, /readyz is asked, which knows of the
listeners and of the state store. Else the first listener, in order of name, has to
greet as a POP3 server does; one whose allow leaves this machine out needs
metrics.address. Ends with 0 where all is well, else with 1. It is made
for HEALTHCHECK in a container; a supervisor with HTTP asks /readyz itself.`,
		Example: "  popbridge health",
		Args:    noArguments,
	}
	path := configFlag(cmd)
	cmd.Flags().DurationVar(&patience, "timeout", 5*time.Second, "how long the service may take to answer")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		named, err := configPath(*path)
		if err != nil {
			return err
		}
		cfg, problems := configs.Load(named)
		if errs := problems.Errors(); len(errs) > 0 {
			report(cmd.ErrOrStderr(), errs)
			return usageError{errReported}
		}
		ctx, cancel := context.WithTimeout(cmd.Context(), patience)
		defer cancel()
		answer, err := health.Ask(ctx, cfg)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(cmd.OutOrStdout(), answer)
		return err
	}
	return cmd
}
