package main

import (
	"context"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"popbridge/proxy/admin/desk"
)

// chosen are the flags that choose lines of the journal.
type chosen struct {
	since   ago
	message string
	device  string
}

func chooseFlags(cmd *cobra.Command) *chosen {
	c := new(chosen)
	cmd.Flags().Var(&c.since, "since", `only the last so long, such as "2h" or "7d"`)
	cmd.Flags().StringVar(&c.message, "message", "", "only the message with this Message-ID")
	cmd.Flags().StringVar(&c.device, "device", "", `only what this device has deleted; "" for logins that name none`)
	return c
}

// query is what the flags of a command ask for.
func (c *chosen) query(cmd *cobra.Command) (q desk.DeletionQuery) {
	if c.since > 0 {
		q.Since = time.Now().Add(-time.Duration(c.since))
	}
	q.MessageID = c.message
	if cmd.Flags().Changed("device") {
		q.Device = &c.device
	}
	return q
}

// ago is a length of time, in days too.
type ago time.Duration

// String gives it as the operator may write it; empty for none.
func (a *ago) String() string {
	if *a == 0 {
		return ""
	}
	return time.Duration(*a).String()
}

// Type names the value in the help.
func (a *ago) Type() string { return "duration" }

// Set takes what desk.Ago takes.
func (a *ago) Set(text string) error {
	d, err := desk.Ago(text)
	if err == nil {
		*a = ago(d)
	}
	return err
}

func accountDeletionsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "deletions ACCOUNT",
		Short: "List what devices have deleted",
		Long: `List the journal of deletions, oldest first: when, by which device, from which address,
which message, what was done with it, and where it went.`,
		Example: `  popbridge account deletions alice@example.org --since 2h
  popbridge account deletions alice@example.org --device scanner --json`,
	}
	c := chooseFlags(cmd)
	return ledgerCommand(cmd, []string{"ACCOUNT"}, func(ctx context.Context, env *environment, args []string) error {
		list, err := env.desk.Deletions(ctx, args[0], c.query(cmd))
		if err != nil {
			return err
		}
		if env.json {
			return env.print(list)
		}
		return deletionTable(env.out, "", list)
	})
}

func deletionTable(out io.Writer, indent string, list []desk.Deletion) error {
	t := newTable(out, indent, "WHEN", "DEVICE", "CLIENT", "ACTION", "WENT TO", "OCTETS", "MESSAGE-ID", "BROUGHT BACK")
	for _, d := range list {
		back := ""
		if !d.Restored.IsZero() {
			back = at(d.Restored)
		}
		t.row(at(d.At), d.Device, d.Client, d.Action, d.Went(), strconv.FormatInt(d.Octets, 10), d.MessageID, back)
	}
	return t.end()
}
