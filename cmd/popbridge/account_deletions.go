package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/spf13/cobra"

	"popbridge/proxy/ledger"
	"popbridge/proxy/upstream/imapbox"
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

// filter is what the flags of a command ask the ledger for.
func (c *chosen) filter(cmd *cobra.Command) (f ledger.Filter) {
	if c.since > 0 {
		f.Since = time.Now().Add(-time.Duration(c.since))
	}
	if f.MessageID = c.message; f.MessageID != "" && !strings.HasPrefix(f.MessageID, "<") {
		f.MessageID = "<" + f.MessageID + ">"
	}
	if cmd.Flags().Changed("device") {
		f.Device = &c.device
	}
	return f
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

// Set takes Go's durations, and days such as "7d". It has to be more than 0.
func (a *ago) Set(text string) error {
	d, err := time.ParseDuration(text)
	if days, ok := strings.CutSuffix(text, "d"); ok {
		var n uint64
		n, err = strconv.ParseUint(days, 10, 16)
		d = time.Duration(n) * 24 * time.Hour
	}
	if err != nil || d <= 0 {
		return errors.New(`it is no duration; write for example "90m", "2h" or "7d"`)
	}
	*a = ago(d)
	return nil
}

// listedDeletion is a line of the journal.
type listedDeletion struct {
	At          time.Time `json:"at"`
	Device      string    `json:"device"`
	Client      string    `json:"client"`
	Maildrop    string    `json:"maildrop"`
	Upstream    string    `json:"upstream"`
	Mailbox     string    `json:"mailbox"`
	UIDValidity uint32    `json:"uidvalidity"`
	UID         imap.UID  `json:"uid"`
	UniqueID    string    `json:"unique_id"`
	MessageID   string    `json:"message_id"`
	Octets      int64     `json:"octets"`
	Action      string    `json:"action"`
	To          string    `json:"to,omitempty"` // empty: the server did not say, or it stayed
	ToUID       imap.UID  `json:"to_uid,omitzero"`
	Restored    time.Time `json:"restored,omitzero"`
}

func listed(e ledger.Entry) listedDeletion {
	return listedDeletion{
		At: e.At, Device: e.Device, Client: e.Client, Maildrop: e.Maildrop, Upstream: e.Upstream, Mailbox: e.Mailbox,
		UIDValidity: e.UIDValidity, UID: e.UID, UniqueID: e.UniqueID, MessageID: e.MessageID, Octets: e.Octets,
		Action: e.Action.String(), To: imapbox.MailboxName(e.To), ToUID: e.ToUID, Restored: e.Restored,
	}
}

func accountDeletionsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "deletions ACCOUNT",
		Short: "List what devices have deleted",
		Long: `List the journal of deletions, the oldest first: when, by which device, from which
address, which message, what was done with it and where it went.`,
		Example: `  popbridge account deletions alice@example.org --since 2h
  popbridge account deletions alice@example.org --device scanner --json`,
	}
	c := chooseFlags(cmd)
	return ledgerCommand(cmd, []string{"ACCOUNT"}, func(ctx context.Context, env *environment, args []string) error {
		entries, err := env.deletions(ctx, args[0], c)
		if err != nil {
			return err
		}
		if !env.json {
			return deletionTable(env.out, "", entries)
		}
		list := make([]listedDeletion, len(entries))
		for i, e := range entries {
			list[i] = listed(e)
		}
		return env.print(list)
	})
}

// deletions gives the chosen lines of the journal. Where there are none the
// account has at least to be known, or it may be mistyped.
func (env *environment) deletions(ctx context.Context, name string, c *chosen) ([]ledger.Entry, error) {
	account, err := env.account(name)
	if err != nil {
		return nil, err
	}
	entries, err := env.store.Deletions(ctx, account, c.filter(env.cmd))
	if err == nil && len(entries) == 0 {
		_, err = env.store.Account(ctx, account)
	}
	return entries, err
}

func deletionTable(out io.Writer, indent string, entries []ledger.Entry) error {
	t := newTable(out, indent, "WHEN", "DEVICE", "CLIENT", "ACTION", "WENT TO", "OCTETS", "MESSAGE-ID", "BROUGHT BACK")
	for _, e := range entries {
		back := ""
		if !e.Restored.IsZero() {
			back = at(e.Restored)
		}
		t.row(at(e.At), e.Device, e.Client, e.Action.String(), wentTo(e), strconv.FormatInt(e.Octets, 10), e.MessageID, back)
	}
	return t.end()
}

// wentTo is empty where the message stayed, was expunged, or the server did not
// say.
func wentTo(e ledger.Entry) string {
	if e.To == "" {
		return ""
	}
	return fmt.Sprintf("%s, UID %d", imapbox.MailboxName(e.To), e.ToUID)
}
