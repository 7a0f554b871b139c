package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"popbridge/configs"
	"popbridge/proxy/audit"
	"popbridge/proxy/backend"
)

// auditFlags are those of audit.
type auditFlags struct {
	account, device, client string
	since                   ago
	events, files           []string
	json                    bool
}

// auditKinds are the events that may be asked for, as they stand in the trail.
var auditKinds = []backend.EventKind{
	backend.EventLogin, backend.EventRefused, backend.EventRETR, backend.EventTOP, backend.EventDELE, backend.EventSent, backend.EventAct, backend.EventLost,
}

func auditCommand() *cobra.Command {
	var f auditFlags
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Read the audit trail",
		Long: `Read the audit trail, the file in audit.path: logins and refusals, messages that were
retrieved, sent and deleted, and changes by operators, oldest first. A deletion says
what came of it at QUIT. A line "lost" says how many lines could not be written before
it. --file reads other files instead, such as rotated ones, compressed by gzip or not.

Events are ` + kindWords() + `.`,
		Example: `  popbridge audit --account alice@example.org --since 7d
  popbridge audit --event dele --event act --since 2h --json
  popbridge audit --file /var/log/popbridge/audit.jsonl.1.gz --client 192.0.2.7`,
		Args: noArguments,
	}
	path := configFlag(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.account, "account", "", "only this account")
	flags.StringVar(&f.device, "device", "", `only this device; "" for logins that name none`)
	flags.StringVar(&f.client, "client", "", "only from this address")
	flags.Var(&f.since, "since", `only the last so long, such as "2h" or "7d"`)
	flags.StringArrayVar(&f.events, "event", nil, "only this event; may be given several times")
	flags.StringArrayVar(&f.files, "file", nil, "read this file instead; may be given several times")
	flags.BoolVar(&f.json, "json", false, "print the lines as they are, for scripts")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return f.run(cmd, *path) }
	return cmd
}

func kindWords() string {
	words := make([]string, len(auditKinds))
	for i, k := range auditKinds {
		words[i] = string(k)
	}
	return strings.Join(words, ", ")
}

func (f auditFlags) run(cmd *cobra.Command, named string) error {
	path, err := configPath(named)
	if err != nil {
		return err
	}
	cfg, problems := configs.Load(path)
	if errs := problems.Errors(); len(errs) > 0 {
		report(cmd.ErrOrStderr(), errs)
		return usageError{errReported}
	}
	if len(f.files) == 0 {
		if cfg.Audit.Path == "" {
			return usageError{errors.New("audit.path is empty, so there is no audit trail; name its file there, or with --file")}
		}
		f.files = []string{cfg.Audit.Path}
	}
	filter, err := f.filter(cmd, newEnvironment(cmd, cfg, nil))
	if err != nil {
		return err
	}
	return f.print(cmd.OutOrStdout(), cmd.ErrOrStderr(), filter)
}

func (f auditFlags) filter(cmd *cobra.Command, env *environment) (filter audit.Filter, err error) {
	if f.account != "" {
		if filter.Account, err = env.account(f.account); err != nil {
			return filter, err
		}
	}
	if cmd.Flags().Changed("device") {
		filter.Device = &f.device
	}
	if f.since > 0 {
		filter.Since = time.Now().Add(-time.Duration(f.since))
	}
	filter.Client = f.client
	for _, word := range f.events {
		kind := backend.EventKind(word)
		if !slices.Contains(auditKinds, kind) {
			return filter, usageError{fmt.Errorf("--event %q is not known; one of %s", word, kindWords())}
		}
		filter.Kinds = append(filter.Kinds, kind)
	}
	return filter, nil
}

// print writes the lines that are chosen. A table would have to know all of them first,
// and there may be millions: so each is a line of its own.
func (f auditFlags) print(out, errOut io.Writer, filter audit.Filter) error {
	for _, file := range f.files {
		unreadable, err := audit.Read(file, filter, func(e backend.Event, line []byte) error {
			if f.json {
				_, err := fmt.Fprintf(out, "%s\n", line)
				return err
			}
			_, err := fmt.Fprintln(out, auditLine(e))
			return err
		})
		if unreadable > 0 {
			fmt.Fprintf(errOut, "popbridge: %s: %d lines cannot be read, as after a full disk\n", file, unreadable)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// auditLine is an event for people.
func auditLine(e backend.Event) string {
	whose := e.Account
	if whose == "" {
		whose = e.User
	}
	if e.Device != "" {
		whose += " (" + e.Device + ")"
	}
	words := []string{at(e.At), string(e.Kind)}
	add := func(format string, value any) {
		if text := fmt.Sprint(value); text != "" && text != "0" {
			words = append(words, fmt.Sprintf(format, text))
		}
	}
	add("%s", whose)
	add("from %s", e.Client)
	add("%s", e.Act)
	add("by %s", strings.TrimSpace(e.By+" "+e.Via))
	add("%s", e.MessageID)
	add("unique-id %s", e.UniqueID)
	add("%s octets", strconv.FormatInt(e.Octets, 10))
	add("%s recipients", e.Recipients)
	add("%s", e.Action)
	add("now in %s", e.To)
	add("%s", e.Result)
	add("[%s]", e.Code)
	add("cause: %s", e.Cause)
	if e.Lost > 0 {
		add("%s lines could not be written before this one", e.Lost)
	}
	return printable(strings.Join(words, "  "))
}
