package main

import (
	"os"
	"os/user"
	"slices"
	"strings"

	"github.com/hashicorp/go-hclog"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"popbridge/proxy/audit"
	"popbridge/proxy/backend"
)

// acts marks commands that change something.
const acts = "popbridge_acts"

// acting marks a command that changes something: the audit trail gets a line of it.
func acting(cmd *cobra.Command) *cobra.Command {
	if cmd.Annotations == nil {
		cmd.Annotations = make(map[string]string)
	}
	cmd.Annotations[acts] = "yes"
	return cmd
}

// witnessed runs a command. Of one that changes something the trail says what became of
// it, and where it is strict first that it begins, or nothing is begun.
func (env *environment) witnessed(arguments, args []string, run func() error) (err error) {
	if dry := env.cmd.Flag("dry-run"); env.cmd.Annotations[acts] == "" || dry != nil && dry.Changed {
		return run()
	}
	trail := audit.New(hclog.New(&hclog.LoggerOptions{Name: "popbridge", Output: env.cmd.ErrOrStderr()}), nil)
	if _, err := trail.Configure(env.cfg.Audit); err != nil {
		return err
	}
	defer trail.Close()
	env.acts = backend.Backend{Trail: trail}
	if !env.acts.Audits() {
		return run()
	}
	return env.acts.Act(env.event(arguments, args), run)
}

// did writes down what became of one account of many.
func (env *environment) did(account string, err error) {
	if env.acts.Audits() {
		e := backend.Event{Kind: backend.EventAct, Act: actOf(env.cmd), Account: account, By: operator(), Via: "command", From: origin()}
		_ = env.acts.Tell(e.Ended(err))
	}
}

// event says what is done, to whom, with which flags, and by whom.
func (env *environment) event(arguments, args []string) backend.Event {
	e := backend.Event{Act: actOf(env.cmd), By: operator(), Via: "command", From: origin(), Details: make(map[string]string)}
	if flag := env.cmd.Flag("account"); flag != nil && flag.Changed {
		args, arguments = append(slices.Clone(args), flag.Value.String()), append(slices.Clone(arguments), "ACCOUNT")
	}
	if flag := env.cmd.Flag("device"); flag != nil && flag.Changed {
		args, arguments = append(slices.Clone(args), flag.Value.String()), append(slices.Clone(arguments), "DEVICE")
	}
	for i, name := range arguments {
		switch name {
		case "ACCOUNT":
			e.Account = args[i]
			if account, err := env.account(args[i]); err == nil {
				e.Account = account
			}
		case "DEVICE":
			e.Device = args[i]
		}
	}
	env.cmd.Flags().Visit(func(f *pflag.Flag) {
		if !slices.Contains([]string{"config", "json", "account", "device"}, f.Name) {
			e.Details[f.Name] = f.Value.String()
		}
	})
	return e
}

// actOf names what a command does, as the operator has typed it.
func actOf(cmd *cobra.Command) string {
	return strings.TrimPrefix(cmd.CommandPath(), cmd.Root().Name()+" ")
}

// operator is the user who runs the command, and behind sudo who has asked for it.
func operator() string {
	name := "unknown"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if asked := os.Getenv("SUDO_USER"); asked != "" && asked != name {
		name += " (sudo: " + asked + ")"
	}
	return name
}

// origin is the address that the operator is logged in from, where it is known.
func origin() string {
	if from := strings.Fields(os.Getenv("SSH_CONNECTION")); len(from) > 0 {
		return from[0]
	}
	return "local"
}
