package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"popbridge/proxy/ledger"
	"popbridge/proxy/ledger/checkup"
	"popbridge/translate"
)

func stateCheckCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Read every row of the ledger, and repair what can be repaired",
		Long: `Read every row of the ledger and try what has to be true: that it can be decoded, that
numbers are in their bounds, that what belongs to an account or a mailbox has one, that no
lock lies in the future, that the next number is free. It ends with 1 if something is
wrong. Nothing is changed, and the service may run.

With --repair, what can be repaired is. Stop every popbridge that uses the ledger first,
and make a backup; the command refuses to run if one is at work. A repair never makes up
what was lost: each line says what is given up with it. What no repair mends has to come
from a backup.`,
		Example: `  popbridge state check
  popbridge state check --repair`,
	}
	mend := cmd.Flags().Bool("repair", false, "repair what can be repaired; the service must be stopped")
	cmd.PreRun = func(cmd *cobra.Command, _ []string) {
		if *mend {
			acting(cmd)
		}
	}
	return wholeCommand(cmd, func(ctx context.Context, env *environment, o ledger.Options) error {
		told := env.cmd.ErrOrStderr()
		r, err := ledger.Check(ctx, o, *mend, func(table string) {
			if isTerminal(told) {
				fmt.Fprintf(told, "reading %s\n", table)
			}
		})
		if err != nil && r.Rows == 0 {
			return err
		}
		return errors.Join(err, reportCheck(env, r, err == nil))
	})
}

// reportCheck prints what was found. Its error is that something is left; whole says that
// everything was read.
func reportCheck(env *environment, r checkup.Report, whole bool) error {
	if env.json {
		if err := env.print(r); err != nil {
			return err
		}
	} else {
		printCheck(env, r, whole)
	}
	if r.Left == 0 {
		return nil
	}
	text := fmt.Sprintf("%s of the ledger are wrong", translate.Count(r.Left, "row"))
	if r.Left == 1 {
		text = "1 row of the ledger is wrong"
	}
	if n := r.Repairable(); n > 0 {
		return fmt.Errorf("%s; stop the service, make a backup, and run the command again with --repair, which mends %d of them", text, n)
	}
	return fmt.Errorf("%s, and no repair mends that: restore the ledger from a backup", text)
}

func printCheck(env *environment, r checkup.Report, whole bool) {
	for _, f := range r.Findings {
		where := f.Table
		if f.Row != "" {
			where += ", " + f.Row
		}
		if f.Of != "" {
			where += " (" + f.Of + ")"
		}
		fmt.Fprintf(env.out, "%s: %s\n", where, f.Text)
		switch {
		case f.Repaired:
			fmt.Fprintf(env.out, "  repaired, giving up: %s\n", f.Cost)
		case f.Cost != "":
			fmt.Fprintf(env.out, "  a repair gives up: %s\n", f.Cost)
		}
	}
	if more := r.Found - len(r.Findings); more > 0 {
		fmt.Fprintf(env.out, "and %d more\n", more)
	}
	for _, note := range r.Notes {
		fmt.Fprintf(env.out, "note: %s\n", note)
	}
	if more := r.Noted - len(r.Notes); more > 0 {
		fmt.Fprintf(env.out, "and %s\n", translate.Count(more, "more note"))
	}
	read := translate.Count(int(r.Rows), "row") + " read"
	switch {
	case !whole:
		fmt.Fprintf(env.out, "%s, and not all of them could be.\n", read)
	case r.Found == 0:
		fmt.Fprintf(env.out, "%s, and nothing is wrong.\n", read)
	default:
		fmt.Fprintf(env.out, "%s, %d wrong, %d repaired.\n", read, r.Found, r.Repaired)
	}
}
