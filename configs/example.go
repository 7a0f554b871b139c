package configs

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// exampleWidth is where comments are wrapped, in characters.
const exampleWidth = 100

// sampleBlock is a block of the example, with the values that are not defaults.
type sampleBlock struct {
	label  string
	intro  string
	values map[string]string
	// brief leaves out all keys but those of values, and turns the block into
	// a comment: it could not be loaded on a machine that lacks its files.
	brief bool
}

// samples gives the blocks of the example for sections with labels.
func samples(section string) []sampleBlock {
	switch section {
	case "listener":
		return []sampleBlock{
			{label: "pop3", values: map[string]string{"address": ":110", "plaintext_auth": "true"}},
			{label: "pop3s", brief: true, intro: "The listener of devices that begin with TLS. It needs a certificate, as STLS does on the other.", values: map[string]string{
				"address": ":995", "tls": "implicit", "certificate": "/etc/popbridge/tls/fullchain.pem", "key": "/etc/popbridge/tls/privkey.pem",
			}},
			{label: "submission", brief: true, intro: "The listener of devices that send. Their upstream needs submission.address, and a certificate takes passwords out of the clear here too.", values: map[string]string{
				"protocol": "smtp", "address": ":587", "plaintext_auth": "true",
			}},
		}
	case "upstream":
		return append([]sampleBlock{{label: "mail", values: map[string]string{"address": "imap.example.org:993"}}}, templates()...)
	case "maildrop":
		return []sampleBlock{{label: DefaultMaildrop}}
	}
	if section == "lookup" {
		return []sampleBlock{
			{label: "accounts", values: map[string]string{"source": "/etc/popbridge/accounts"}},
			{label: "customers", brief: true, intro: "A database. Answers count for as long as cache says, and for stale while it is away.", values: map[string]string{
				"driver": "sql", "source": "postgres://popbridge@db.example.org/customers", "query": "SELECT upstream, account FROM routes WHERE name = $1", "timeout": "2s", "cache": "60s", "negative_cache": "10s", "stale": "1h",
			}},
		}
	}
	return []sampleBlock{{values: map[string]string{"upstream": "mail"}}}
}

// Example gives the complete configuration with the meaning of every key, in
// the format hcl or yaml; nothing for another format. It loads without a
// problem on any machine, and is as Format writes it. A line that begins with '#' and no blank is a key to
// be used by taking the '#' away.
func Example(format string) string {
	var w exampleWriter
	switch format {
	case "hcl":
		w.syntax = hclSyntax{}
	case "yaml":
		w.syntax = yamlSyntax{}
	default:
		return ""
	}
	w.prose("", "The complete configuration of popbridge, with the meaning of every key. Unless stated otherwise, a key that is not commented out is set to its default and may be left out. "+
		"Durations are numbers with ms, s, m or h, such as \"90s\" or \"10m\". Sizes are in octets, or in KB, MB and GB of 1024, 1024² and 1024³ octets. Networks are written \"10.0.0.0/8\".")
	w.prose("", "Any key can also be set by an environment variable, such as POPBRIDGE_LOG_LEVEL=debug or POPBRIDGE_UPSTREAM_MAIL_ADDRESS=…, which overrides the file.")
	w.prose("", "Check a file with: popbridge check --config FILE")
	for _, s := range declared() {
		w.section(s)
	}
	// An item of a list begins on the line of its dash, as Format has it.
	return strings.ReplaceAll(w.String(), "\n  -\n    ", "\n  - ")
}

type exampleWriter struct {
	strings.Builder
	syntax exampleSyntax
}

// exampleSyntax is what HCL and YAML write differently. Scalars and lists they
// write alike.
type exampleSyntax interface {
	open(s section, label string, first bool) (lines []string, indent string)
	set(name, value string) string
	close(s section) []string
	within(name string) (opening, closing []string) // a block in a block
}

func (w *exampleWriter) section(s section) {
	w.WriteByte('\n')
	w.prose("", s.doc)
	if s.shape == single {
		w.block(s, sampleBlock{}, true)
		return
	}
	for i, sample := range samples(s.name) {
		if i > 0 {
			w.WriteByte('\n')
		}
		w.block(s, sample, i == 0)
	}
}

func (w *exampleWriter) block(s section, sample sampleBlock, first bool) {
	if sample.brief {
		w.brief(s, sample)
		return
	}
	lines, indent := w.syntax.open(s, sample.label, first)
	w.lines("", lines)
	w.keys(indent, s.keys, sample.values)
	w.lines("", w.syntax.close(s))
}

// keys writes the keys of a block and the blocks within it.
func (w *exampleWriter) keys(indent string, keys []key, values map[string]string) {
	for i, k := range keys {
		if i > 0 {
			w.WriteByte('\n')
		}
		w.prose(indent, k.doc)
		if k.inner != nil {
			opening, closing := w.syntax.within(k.name)
			w.lines(indent, opening)
			w.keys(indent+"  ", k.inner, k.unmarked())
			w.lines(indent, closing)
			continue
		}
		w.prose(indent, k.facts())
		value, chosen := values[k.name]
		mark := ""
		if !chosen {
			value = k.fallback
			if k.fallback == "" {
				mark, value = "#", k.sample
			}
		}
		fmt.Fprintf(w, "%s%s%s\n", indent, mark, w.syntax.set(k.name, k.literal(value)))
		if k.secret() {
			fmt.Fprintf(w, "%s#%s\n", indent, w.syntax.set(k.name+secretFile, `"/etc/popbridge/`+k.name+`"`))
		}
	}
}

func (w *exampleWriter) brief(s section, sample sampleBlock) {
	lines, indent := w.syntax.open(s, sample.label, false)
	margin := lines[0][:len(lines[0])-len(strings.TrimLeft(lines[0], " "))]
	w.prose(margin, sample.intro)
	lines = append(lines, w.chosen(indent, s.keys, "", sample.values)...)
	for _, line := range append(lines, w.syntax.close(s)...) {
		fmt.Fprintf(w, "%s#%s\n", margin, strings.TrimPrefix(line, margin))
	}
}

// chosen gives the lines of the keys that have a value; below is the name of the
// block that they stand in, with a dot, and empty in a section's own.
func (w *exampleWriter) chosen(indent string, keys []key, below string, values map[string]string) (lines []string) {
	for _, k := range keys {
		if k.inner != nil {
			opening, closing := w.syntax.within(k.name)
			if inner := w.chosen(indent+"  ", k.inner, below+k.name+".", values); inner != nil {
				lines = append(lines, indent+opening[0])
				lines = append(lines, inner...)
				for _, line := range closing {
					lines = append(lines, indent+line)
				}
			}
			continue
		}
		for _, name := range namesOf([]key{k}) {
			if value, ok := values[below+name]; ok {
				lines = append(lines, indent+w.syntax.set(name, k.literal(value)))
			}
		}
	}
	return lines
}

func (w *exampleWriter) lines(indent string, lines []string) {
	for _, line := range lines {
		w.WriteString(indent + line + "\n")
	}
}

// prose writes a comment, wrapped.
func (w *exampleWriter) prose(indent, text string) {
	line := indent + "#"
	for word := range strings.FieldsSeq(text) {
		if len([]rune(line))+1+len([]rune(word)) > exampleWidth {
			w.WriteString(line + "\n")
			line = indent + "#"
		}
		line += " " + word
	}
	w.WriteString(line + "\n")
}

// facts says what the declaration of a key holds besides its meaning.
func (k key) facts() string {
	var facts []string
	switch {
	case k.required:
		facts = append(facts, "Required.")
	case k.derived != "":
		facts = append(facts, "Default: "+k.derived+".")
	case k.fallback != "":
		facts = append(facts, "Default: "+k.literal(k.fallback)+".")
	case k.list():
		facts = append(facts, "Default: [].")
	default:
		facts = append(facts, `Default: "".`)
	}
	if len(k.words) > 0 {
		facts = append(facts, "One of "+strings.Join(k.words, ", ")+".")
	}
	if k.unit != "" {
		facts = append(facts, "Unit: "+k.unit+".")
	}
	if k.least != "" && !strings.HasPrefix(k.least, "0") {
		facts = append(facts, "At least "+k.least+".")
	}
	if k.secret() {
		facts = append(facts, "It may hold a secret, so it is never shown; "+k.name+secretFile+" can name a file to read it from instead.")
	}
	return strings.Join(facts, " ")
}

// literal writes a value, given in text, as both formats read it.
func (k key) literal(text string) string {
	switch {
	case k.list():
		var items []string
		for item := range strings.SplitSeq(text, ",") {
			items = append(items, strings.TrimSpace(item))
		}
		return literalList(items)
	case k.typ == reflect.TypeFor[bool](), k.typ == reflect.TypeFor[int]():
		return text
	}
	return strconv.Quote(text)
}

// literalList writes a list as both formats read it.
func literalList(items []string) string {
	quoted := make([]string, len(items))
	for i, item := range items {
		quoted[i] = strconv.Quote(item)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// unmarked gives the values that have to be written in a block within a block: YAML has
// none in which nothing stands but comments.
func (k key) unmarked() map[string]string {
	for _, inner := range k.inner {
		if inner.fallback != "" {
			return nil
		}
	}
	return map[string]string{k.inner[0].name: ""}
}
