package manual

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"popbridge/configs"
)

const madeOf = "<!-- Made by \"make man\" of the program itself; change that, not this. -->\n"

// plain makes any text safe for Markdown.
var plain = strings.NewReplacer(`\`, `\\`, "*", `\*`, "_", `\_`, "<", "&lt;", "`", "\\`", "|", `\|`)

// commandsText is the reference of all commands.
func commandsText(root *cobra.Command) string {
	var b strings.Builder
	b.WriteString("# Commands\n\n" + madeOf + "\n`man popbridge` and `popbridge COMMAND --help` say the same.\n\n")
	for _, c := range every(root) {
		fmt.Fprintf(&b, "- [%s](#%s): %s\n", c.CommandPath(), pageName(c), plain.Replace(c.Short))
	}
	for _, c := range every(root) {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n```text\n%s\n```\n", c.CommandPath(), plain.Replace(description(c)), c.UseLine())
		if flags := flagsOf(c); len(flags) > 0 {
			b.WriteString("\n")
			for _, f := range flags {
				fmt.Fprintf(&b, "- `%s`: %s\n", strings.TrimSpace(f.name+" "+f.argument), plain.Replace(f.usage))
			}
		}
		if c.Example != "" {
			fmt.Fprintf(&b, "\n```sh\n%s```\n", unindent(c.Example))
		}
	}
	return b.String()
}

// referenceText is the reference of the configuration.
func referenceText() string {
	var b strings.Builder
	b.WriteString("# Configuration\n\n" + madeOf + "\n" + plain.Replace(preamble) + "\n\n`man popbridge.conf` says the same.\n\n")
	blocks := configs.Declarations()
	for _, block := range blocks {
		fmt.Fprintf(&b, "- [%[1]s](#%[1]s)\n", block.Name)
	}
	for _, block := range blocks {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\nIt is written %s\n\n", block.Name, plain.Replace(block.Meaning), plain.Replace(block.Shape))
		markdownKeys(&b, "", block.Keys)
	}
	return b.String()
}

func markdownKeys(b *strings.Builder, within string, keys []configs.Key) {
	for _, k := range keys {
		fmt.Fprintf(b, "- **`%s%s`**: %s\n", within, k.Name, plain.Replace(strings.TrimSpace(k.Meaning+" "+k.Facts)))
		markdownKeys(b, within+k.Name+".", k.Keys)
	}
}
