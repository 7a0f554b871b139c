package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"popbridge/configs"
)

func configFormatCommand() *cobra.Command {
	var check bool
	var named *string
	cmd := &cobra.Command{
		Use:   "fmt [FILE]",
		Short: "Format a configuration",
		Long: `Indent and align a configuration file, or all files of a folder. Comments and the order
of keys do not change. A file that cannot be parsed is left as it is, and its mistake
reported. --check writes nothing; the exit code is 1 if a file would change.`,
		Example: `  popbridge config fmt
  popbridge config fmt --check popbridge.yaml`,
		Args: oneConfiguration,
		RunE: func(cmd *cobra.Command, args []string) error {
			path, err := theConfiguration(args, *named)
			if err != nil {
				return err
			}
			return formatAll(path, check, cmd.OutOrStdout())
		},
	}
	named = configFlag(cmd)
	cmd.Flags().BoolVar(&check, "check", false, "write nothing; list the files that would change")
	return cmd
}

func formatAll(path string, check bool, out io.Writer) error {
	files, problems := configs.Files(path)
	if problems != nil {
		return usageError{problems.Err()}
	}
	changed := false
	for _, file := range files {
		before, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		after, err := configs.Format(file, before)
		if err != nil {
			return usageError{err}
		}
		if bytes.Equal(before, after) {
			continue
		}
		changed = true
		fmt.Fprintln(out, file)
		if !check {
			if err := replaceFile(file, after); err != nil {
				return err
			}
		}
	}
	if changed && check {
		return errReported
	}
	return nil
}

// replaceFile writes a file anew under the same name, owner and mode: whoever reads it
// meanwhile has the old text or the new one.
func replaceFile(path string, data []byte) error {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	info, err := os.Stat(real)
	if err != nil {
		return err
	}
	draft, err := os.CreateTemp(filepath.Dir(real), "."+filepath.Base(real)+"-")
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w", path, err)
	}
	defer os.Remove(draft.Name())
	_, err = draft.Write(data)
	if err == nil {
		err = draft.Sync()
	}
	if closing := draft.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = keepOwner(draft.Name(), info)
	}
	if err == nil {
		err = os.Rename(draft.Name(), real)
	}
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w", path, err)
	}
	return nil
}

func configConvertCommand() *cobra.Command {
	var to string
	var named *string
	cmd := &cobra.Command{
		Use:   "convert --to hcl|yaml [FILE]",
		Short: "Print a configuration in the other language",
		Long: `Print a configuration file as HCL or as YAML, with its comments. Secrets in the file are
printed too.`,
		Example: "  popbridge config convert --to hcl popbridge.yaml > popbridge.hcl",
		Args:    oneConfiguration,
		RunE: func(cmd *cobra.Command, args []string) error {
			if to != "hcl" && to != "yaml" {
				return usageError{fmt.Errorf("--to %q is not known; hcl or yaml", to)}
			}
			path, err := theConfiguration(args, *named)
			if err != nil {
				return err
			}
			if info, err := os.Stat(path); err == nil && info.IsDir() {
				return usageError{fmt.Errorf("%s is a folder; name one of its files", path)}
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			converted, err := configs.Convert(path, data, to)
			if err != nil {
				return usageError{err}
			}
			_, err = cmd.OutOrStdout().Write(converted)
			return err
		},
	}
	named = configFlag(cmd)
	cmd.Flags().StringVar(&to, "to", "", "hcl or yaml")
	if err := cmd.RegisterFlagCompletionFunc("to", cobra.FixedCompletions([]string{"hcl", "yaml"}, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err) // the flag was added in the line above
	}
	return cmd
}
