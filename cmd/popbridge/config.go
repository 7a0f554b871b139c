package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"popbridge/configs"
)

func configCommand() *cobra.Command {
	config := &cobra.Command{
		Use:     "config",
		Short:   "Help with writing a configuration",
		Example: "  popbridge config example --format hcl",
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	format := "hcl"
	example := &cobra.Command{
		Use:   "example",
		Short: "Print the complete annotated configuration",
		Long: `Print every key of the configuration with its meaning, unit and default. The output can
be loaded as it is.`,
		Example: "  popbridge config example --format yaml > popbridge.yaml",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if format != "hcl" && format != "yaml" {
				return usageError{fmt.Errorf("--format %q is not known; hcl or yaml", format)}
			}
			_, err := io.WriteString(cmd.OutOrStdout(), configs.Example(format))
			return err
		},
	}
	example.Flags().StringVar(&format, "format", format, "hcl or yaml")
	config.AddCommand(example, configShowCommand(), configFormatCommand(), configConvertCommand(), configSchemaCommand())
	return config
}

func configSchemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema, for editors",
		Long: `Print the JSON Schema of a YAML configuration. With it, an editor completes keys,
explains them, and marks those that do not exist. Put this in the first line of a file:
# yaml-language-server: $schema=popbridge.schema.json`,
		Example: "  popbridge config schema > popbridge.schema.json",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			schema, err := configs.JSONSchema()
			if err == nil {
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s\n", schema)
			}
			return err
		},
	}
}

// configFlag adds --config, which names what configPath is to read.
func configFlag(cmd *cobra.Command) *string {
	return cmd.Flags().String("config", "", "the configuration, a file or a folder of files (default $"+configs.Variable+", else /etc/popbridge/popbridge.hcl, .yaml or .yml)")
}

// configPath gives the configuration that is meant: the one that was named, else
// where it is by custom.
func configPath(named string) (string, error) {
	if named != "" {
		return named, nil
	}
	path, err := configs.Find()
	if err != nil {
		return "", usageError{err}
	}
	return path, nil
}

// report prints problems one a line: "file:line: key: what is wrong and what
// would be right"; a warning says that it is one.
func report(w io.Writer, problems configs.Problems) {
	for _, p := range problems {
		if p.Warning {
			p.Text = "warning: " + p.Text
		}
		fmt.Fprintln(w, p)
	}
}
