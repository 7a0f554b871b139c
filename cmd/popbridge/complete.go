package main

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"popbridge/configs"
)

// completer gives the words that a shell offers, of the configuration and the ledger
// that a command line names. What cannot be read offers nothing.
type completer func(cmd *cobra.Command, args []string) []string

// completers are those of flags, by name, on commands that have --config.
var completers = map[string]completer{
	"upstream": upstreamLabels, "from": upstreamLabels, "to": upstreamLabels,
	"maildrop": maildropLabels,
	"account":  accountNames,
	"device":   func(cmd *cobra.Command, args []string) []string { return deviceNames(cmd, args) },
}

// addCompletions has shells complete what is labelled in the configuration and known to
// the ledger, on a command and all below it.
func addCompletions(cmd *cobra.Command) {
	for _, below := range cmd.Commands() {
		addCompletions(below)
	}
	if cmd.Flags().Lookup("config") == nil {
		return
	}
	for flag, words := range completers {
		if _, has := cmd.GetFlagCompletionFunc(flag); has || cmd.Flags().Lookup(flag) == nil {
			continue
		}
		if err := cmd.RegisterFlagCompletionFunc(flag, words.complete); err != nil {
			panic(err) // the flag is there, and has no function yet
		}
	}
	if strings.Contains(cmd.Use, "ACCOUNT") {
		cmd.ValidArgsFunction = completer(argumentWords).complete
	}
}

// complete is what cobra asks for.
func (words completer) complete(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
	found := slices.DeleteFunc(words(cmd, args), func(word string) bool { return !strings.HasPrefix(word, begun) })
	return found, cobra.ShellCompDirectiveNoFileComp
}

// argumentWords completes arguments as a command's usage has them: ACCOUNT, ACCOUNT…
// or ACCOUNT DEVICE.
func argumentWords(cmd *cobra.Command, args []string) []string {
	switch {
	case len(args) == 0 || strings.Contains(cmd.Use, "ACCOUNT…"):
		return slices.DeleteFunc(accountNames(cmd, args), func(name string) bool { return slices.Contains(args, name) })
	case len(args) == 1 && strings.Contains(cmd.Use, "DEVICE"):
		return deviceNames(cmd, args)
	}
	return nil
}

func upstreamLabels(cmd *cobra.Command, _ []string) []string {
	if cfg := completedConfig(cmd); cfg != nil {
		return slices.Sorted(maps.Keys(cfg.Upstream))
	}
	return nil
}

func maildropLabels(cmd *cobra.Command, _ []string) []string {
	if cfg := completedConfig(cmd); cfg != nil {
		return slices.Sorted(maps.Keys(cfg.Maildrop))
	}
	return nil
}

func completedConfig(cmd *cobra.Command) *configs.Config {
	path, err := configPath(cmd.Flag("config").Value.String())
	if err != nil {
		return nil
	}
	cfg, problems := configs.Load(path)
	if len(problems.Errors()) > 0 {
		return nil
	}
	return cfg
}

// offered bounds how many accounts a shell is offered; more are no help.
const offered = 1000

// accountNames are those that have logged in, and those that a migration knows.
func accountNames(cmd *cobra.Command, _ []string) []string {
	known := make(map[string]bool)
	withLedger(cmd, func(ctx context.Context, env *environment) {
		for a, err := range env.store.Accounts(ctx) {
			if err != nil || len(known) == offered {
				return
			}
			known[a.Name] = true
		}
		milestones, err := env.store.Progress.Milestones(ctx)
		for _, m := range milestones {
			if err != nil || len(known) == offered {
				return
			}
			known[m.Account] = true
		}
	})
	return slices.Sorted(maps.Keys(known))
}

// deviceNames are those of the account that is named, as an argument or a flag.
func deviceNames(cmd *cobra.Command, args []string) (names []string) {
	if flag := cmd.Flag("account"); flag != nil {
		args = append(args, flag.Value.String())
	}
	if len(args) == 0 {
		return nil
	}
	withLedger(cmd, func(ctx context.Context, env *environment) {
		devices, err := env.desk.Devices(ctx, args[0])
		if err != nil {
			return
		}
		for _, d := range devices {
			if d.Device != "" && !slices.Contains(names, d.Device) {
				names = append(names, d.Device)
			}
		}
	})
	return names
}

func withLedger(cmd *cobra.Command, do func(context.Context, *environment)) {
	cfg := completedConfig(cmd)
	if cfg == nil {
		return
	}
	ctx := cmd.Context()
	if ctx == nil {
		ctx = context.Background()
	}
	store, err := openLedger(ctx, cfg.State)
	if err != nil {
		return
	}
	defer func() { _ = store.Close() }() // nothing was written
	do(ctx, newEnvironment(cmd, cfg, store))
}
