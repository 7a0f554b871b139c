package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"popbridge/configs"
)

func configShowCommand() *cobra.Command {
	var asJSON, changed bool
	var named *string
	cmd := &cobra.Command{
		Use:   "show [FILE]",
		Short: "Print the values in force, and where each comes from",
		Long: `Print every key with the value in force and where it comes from: a file and its line, an
environment variable, a provider, or the default. Secrets are not shown.`,
		Example: `  popbridge config show
  popbridge config show popbridge.yaml --changed`,
		Args: oneConfiguration,
		RunE: func(cmd *cobra.Command, args []string) error {
			path, err := theConfiguration(args, *named)
			if err != nil {
				return err
			}
			settings, problems := configs.Show(path)
			if len(problems.Errors()) > 0 {
				report(cmd.ErrOrStderr(), problems.Errors())
				return usageError{errReported}
			}
			if changed {
				settings = withoutDefaults(settings)
			}
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(settings)
			}
			return showSettings(cmd.OutOrStdout(), settings)
		},
	}
	named = configFlag(cmd)
	cmd.Flags().BoolVar(&changed, "changed", false, "leave out defaults")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON, for scripts")
	return cmd
}

func withoutDefaults(settings []configs.Setting) []configs.Setting {
	kept := []configs.Setting{}
	for _, s := range settings {
		if !s.IsDefault() {
			kept = append(kept, s)
		}
	}
	return kept
}

func showSettings(out io.Writer, settings []configs.Setting) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, s := range settings {
		fmt.Fprintf(w, "%s = %s\t# %s\n", s.Key, s.Value, s.From)
	}
	return w.Flush()
}

// oneConfiguration takes one argument at most.
func oneConfiguration(cmd *cobra.Command, args []string) error {
	return noArguments(cmd, args[min(1, len(args)):])
}

// theConfiguration is configPath for a command that takes the configuration as an
// argument too.
func theConfiguration(args []string, named string) (string, error) {
	switch {
	case len(args) > 0 && named != "":
		return "", usageError{fmt.Errorf("%q and --config %q both name a configuration; give one of them", args[0], named)}
	case len(args) > 0:
		return args[0], nil
	}
	return configPath(named)
}
