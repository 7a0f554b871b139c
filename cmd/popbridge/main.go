// Command popbridge lets POP3 devices work with IMAP servers.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
)

// Exit codes, as the README promises them to scripts.
const (
	exitDone   = 0
	exitFailed = 1 // while running
	exitUsage  = 2 // wrong usage or configuration
)

// usageError is an error of the operator's words, not of the run.
type usageError struct{ error }

func (u usageError) Unwrap() error { return u.error }

// errReported ends a command whose mistakes stand on the screen already.
var errReported = errors.New("the command has printed what failed")

func main() {
	if err := guardMemory(); err != nil {
		fmt.Fprintf(os.Stderr, "popbridge: warning: %v\n", err)
	}
	os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
}

// run executes one command line and gives the exit code.
func run(ctx context.Context, args []string, out, errOut io.Writer) int {
	root := rootCommand()
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(errOut)
	err := root.ExecuteContext(ctx)
	var usage usageError
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errReported):
	default:
		fmt.Fprintf(errOut, "popbridge: %v\n", err)
	}
	if errors.As(err, &usage) {
		return exitUsage
	}
	return exitFailed
}

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "popbridge",
		Short: "Let POP3 devices work with IMAP servers",
		Long: `popbridge accepts POP3 and turns each command into IMAP operations on an upstream
server: old devices keep working, and the mail stays on the server, in sync for everyone
else.

Start with "popbridge demo", which needs no configuration. "popbridge init" sets up a
real server.`,
		Example: `  popbridge demo
  popbridge init
  popbridge check --connect
  popbridge serve`,
		Version:       built().Version,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noArguments,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usageError{fmt.Errorf("%w; see %q", err, cmd.CommandPath()+" --help")}
	})
	// Commands stand in the order in which they are needed, not in that of the alphabet.
	cobra.EnableCommandSorting = false
	group := func(title string, commands ...*cobra.Command) {
		root.AddGroup(&cobra.Group{ID: title, Title: title + ":"})
		for _, c := range commands {
			c.GroupID = title
			root.AddCommand(c)
		}
	}
	group("To try it and to set it up", demoCommand(), initCommand(), checkCommand(), configCommand())
	group("To run it", append(platformCommands(), serveCommand(), healthCommand(), accountCommand(), whoCommand(), kickCommand(), auditCommand(), secretsCommand(), stateCommand())...)
	group("To leave an old server", migrateCommand())
	root.AddCommand(versionCommand(), manualCommand())
	addCompletions(root)
	return root
}

// noArguments refuses what stands behind a command that takes only flags. Flags
// that are missing are refused here too: cobra would do so later, with an error
// that cannot be told from one of the run.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		what := "unexpected argument"
		if cmd.HasSubCommands() {
			what = "unknown command"
		}
		return usageError{fmt.Errorf("%s %q; %s %q", what, args[0], didYouMean(cmd, args[0]), cmd.CommandPath()+" --help")}
	}
	if err := missingFlags(cmd); err != nil {
		return usageError{fmt.Errorf("%w; see %q", err, cmd.CommandPath()+" --help")}
	}
	return nil
}

// mistyped is how many letters a misspelt command may have wrong.
const mistyped = 2

// didYouMean suggests what a misspelt command may have been, before its help is named.
func didYouMean(cmd *cobra.Command, word string) string {
	cmd.SuggestionsMinimumDistance = mistyped
	likely := cmd.SuggestionsFor(word)
	if len(likely) == 0 {
		return "see"
	}
	return fmt.Sprintf("did you mean \"%s\"? See", strings.Join(likely, `" or "`))
}
