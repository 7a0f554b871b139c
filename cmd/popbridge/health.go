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
		Long: `Ask the service that runs on this machine with this configuration whether it can serve
devices. If metrics.address is set, the command asks /readyz, which checks the listeners
and the state store. Otherwise it waits for the greeting of the first listener, in order
of name; a listener whose allow excludes this machine needs metrics.address. The exit
code is 0 if all is well, and 1 if not. This is meant for HEALTHCHECK in a container; a
supervisor that speaks HTTP can ask /readyz itself.`,
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
