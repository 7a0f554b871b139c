package manual

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// commandPage is the page of one command.
func commandPage(c *cobra.Command, date string) string {
	r := newRoff(pageName(c), "1", date)
	r.name(pageName(c), c.Short)
	r.heading("SYNOPSIS")
	r.WriteString(`\fB` + roffText.Replace(c.CommandPath()) + `\fR` + roffText.Replace(strings.TrimPrefix(c.UseLine(), c.CommandPath())) + "\n")
	r.heading("DESCRIPTION")
	r.text(description(c))
	if subs := subcommands(c); len(subs) > 0 {
		r.heading("COMMANDS")
		group := ""
		for _, sub := range subs {
			if sub.GroupID != group {
				group = sub.GroupID
				fmt.Fprintf(r, ".SS %s\n", cmp.Or(group, "Other"))
			}
			r.entry(sub.CommandPath(), "", sub.Short+".")
		}
	}
	if flags := flagsOf(c); len(flags) > 0 {
		r.heading("OPTIONS")
		for _, f := range flags {
			r.entry(f.name, f.argument, f.usage)
		}
	}
	if c.Example != "" {
		r.heading("EXAMPLES")
		r.verbatim(unindent(c.Example))
	}
	if !c.HasParent() {
		r.facts()
	}
	r.seeAlso(related(c))
	return r.String()
}

// facts are what holds for every command, on the first page alone.
func (r *roff) facts() {
	r.heading(`"EXIT STATUS"`)
	r.entry("0", "", "Success.")
	r.entry("1", "", "A failure while running.")
	r.entry("2", "", "The command line or the configuration is wrong.")
	r.heading("ENVIRONMENT")
	r.entry("POPBRIDGE_CONFIG", "", "The configuration, if --config is not given.")
	r.entry("POPBRIDGE_LOG_LEVEL", "and others", "A key of the configuration, in capitals and with _ for each dot; it overrides the file. See popbridge.conf(5).")
	r.entry("STATE_DIRECTORY", "", "The folder of the ledger, if the configuration names none. systemd sets it for the service.")
	r.heading("FILES")
	r.entry("/etc/popbridge/popbridge.yaml", "", "The configuration; popbridge.yml and popbridge.hcl work too.")
	r.entry("/var/lib/popbridge/state.db", "", "The ledger: what is remembered between sessions.")
}

// pageName is a command's name as a page: popbridge-account-list.
func pageName(c *cobra.Command) string { return strings.ReplaceAll(c.CommandPath(), " ", "-") }

func description(c *cobra.Command) string {
	if c.Long != "" {
		return c.Long
	}
	return c.Short + "."
}

// subcommands are those that help shows.
func subcommands(c *cobra.Command) (all []*cobra.Command) {
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() {
			all = append(all, sub)
		}
	}
	return all
}

// every gives a command and all below it, with what cobra adds by itself.
func every(c *cobra.Command) []*cobra.Command {
	if !c.HasParent() {
		c.InitDefaultHelpCmd()
		c.InitDefaultCompletionCmd()
	}
	c.InitDefaultHelpFlag()
	c.InitDefaultVersionFlag()
	all := []*cobra.Command{c}
	for _, sub := range subcommands(c) {
		all = append(all, every(sub)...)
	}
	return all
}

// related are the pages beside one: above it and below it.
func related(c *cobra.Command) (pages []string) {
	if c.HasParent() {
		pages = append(pages, pageName(c.Parent())+"(1)")
	}
	for _, sub := range subcommands(c) {
		pages = append(pages, pageName(sub)+"(1)")
	}
	return append(pages, "popbridge.conf(5)")
}

// option is a flag as it is explained.
type option struct{ name, argument, usage string }

// nothing are defaults that go without saying.
var nothing = map[string]bool{"": true, "false": true, "0": true, "0s": true, "[]": true}

func flagsOf(c *cobra.Command) (all []option) {
	c.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		o := option{name: "--" + f.Name}
		if f.Shorthand != "" {
			o.name = "-" + f.Shorthand + ", " + o.name
		}
		o.argument, o.usage = pflag.UnquoteUsage(f)
		if !nothing[f.DefValue] {
			o.usage += " (default " + f.DefValue + ")"
		}
		all = append(all, o)
	})
	return all
}

// unindent takes the two blanks away that help puts before examples.
func unindent(example string) string {
	var b strings.Builder
	for line := range strings.Lines(example) {
		b.WriteString(strings.TrimPrefix(line, "  "))
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}
