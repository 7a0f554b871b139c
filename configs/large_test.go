package configs

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// A text of very many pieces would take the HCL parser minutes. What has as many
// lines as a value may need is read.
func TestTextsOfVeryManyPieces(t *testing.T) {
	const upstream = "listener \"pop3\" {\n  address = \":110\"\n  plaintext_auth = true\n}\nupstream \"mail\" {\n  address = \"imap.example.org:143\"\n  tls = \"starttls\"\n"
	for name, c := range map[string]struct{ text, want string }{
		"short lines":       {"  master_password = <<EOT\n" + strings.Repeat("a\n", 40_000) + "EOT\n}\n", "has more than 1000 lines or escapes"},
		"long lines":        {"  master_password = <<EOT\n" + strings.Repeat(strings.Repeat("a", 79)+"\n", 10_000) + "EOT\n}\n", "has more than 1000 lines or escapes"},
		"indented lines":    {"  master_password = <<-EOT\n" + strings.Repeat("    a\n", 15_000) + "  EOT\n}\n", "has more than 1000 lines or escapes"},
		"escapes in quotes": {"  master_password = \"" + strings.Repeat("$${x", 20_000) + "\"\n}\n", "has more than 1000 lines or escapes"},
		"one long line":     {"  master_password = <<EOT\n" + strings.Repeat("a", 800_000) + "\nEOT\n}\n", ""},
		"a few lines":       {"  master_password = <<EOT\n" + strings.Repeat("a\n", 900) + "EOT\n}\n", ""},
	} {
		_, problems := Parse("popbridge.hcl", []byte(upstream+c.text))
		if got := problems.String(); c.want == "" && strings.Contains(got, "lines") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %.300s", name, got)
		}
	}
}

// A configuration of tens of thousands of routes is read whole, in both languages.
func TestVeryManyRoutes(t *testing.T) {
	hcl := "listener \"pop3\" {\n  address = \":110\"\n  plaintext_auth = true\n}\nupstream \"mail\" {\n  address = \"imap.example.org:993\"\n}\n"
	yaml := "listener: {pop3: {address: \":110\", plaintext_auth: true}}\nupstream: {mail: {address: \"imap.example.org:993\"}}\nroute:\n"
	many := func(n int, one string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, one, i)
		}
		return b.String()
	}
	for name, c := range map[string]struct {
		routes int
		text   string
	}{
		"popbridge.hcl":  {16_000, hcl + many(16_000, "route {\n  user     = \"customer%d@example.org\"\n  upstream = \"mail\"\n}\n")},
		"popbridge.yaml": {40_000, yaml + many(40_000, "  - user: customer%d@example.org\n    upstream: mail\n")},
	} {
		if len(c.text) <= 1<<20 {
			t.Errorf("%s has only %d octets", name, len(c.text))
		}
		config, problems := Parse(name, []byte(c.text))
		if config == nil || len(problems) > 0 || len(config.Route) != c.routes {
			t.Errorf("%s: %.300s", name, problems)
		}
	}
}

// Routes that are never reached are found by comparing each with few others: those
// are the same that are found by comparing all with all.
func TestRoutesThatAreNeverReached(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := func(of ...string) string { return rapid.SampledFrom(of).Draw(t, "word") }
		text := "listener:\n  a: {address: \":110\"}\n  b: {address: \":111\"}\nupstream: {mail: {address: \"imap.example.org:993\"}}\nroute:\n"
		for range rapid.IntRange(1, 12).Draw(t, "routes") {
			text += "- {upstream: mail"
			for key, values := range map[string][]string{"user": {"\"*\"", "u", "v"}, "device": {"\"*\"", "d", "e"}, "listener": {"a", "b"}, "client": {"[10.0.0.0/8]", "[10.1.0.0/16]", "[10.0.0.0/8, 192.0.2.1]"}} {
				if value := word(append(values, "")...); value != "" {
					text += ", " + key + ": " + value
				}
			}
			text += "}\n"
		}
		config, problems := Parse("popbridge.yaml", []byte(text))
		if config == nil {
			t.Fatalf("%s:\n%s", problems, text)
		}
		for i := range config.Route {
			want := ""
			if j := slices.IndexFunc(config.Route[:i], func(earlier Route) bool { return earlier.covers(&config.Route[i]) }); j >= 0 {
				want = fmt.Sprintf("is never reached: route[%d] ", j)
			}
			at := slices.IndexFunc(problems, func(p Problem) bool { return p.Key == fmt.Sprintf("route[%d]", i) })
			if (want != "") != (at >= 0) || at >= 0 && !strings.HasPrefix(problems[at].Text, want) {
				t.Fatalf("route %d: want %q in\n%s\n%s", i, want, problems, text)
			}
		}
	})
}

// What is given twice is found in its own block, wherever it stands.
func TestManyKeysGivenTwice(t *testing.T) {
	var text strings.Builder
	text.WriteString("listener \"pop3\" {\n  address = \":110\"\n  plaintext_auth = true\n}\nupstream \"mail\" { address = \"imap.example.org:993\" }\n")
	const routes = 500
	for range routes {
		text.WriteString("route {\n  user = \"a\"\n  user = \"b\"\n}\n")
	}
	text.WriteString("limits {\n  drain = \"1s\"\n  drain = \"2s\"\n}\n")
	_, problems := Parse("popbridge.hcl", []byte(text.String()))
	errs := problems.Errors()
	if len(errs) != routes+1 {
		t.Fatalf("%d mistakes: %.500s", len(errs), errs)
	}
	for i, p := range errs[:routes] {
		if p.Key != fmt.Sprintf("route[%d].user", i) || p.Line != 6+4*i+2 {
			t.Errorf("mistake %d: %s", i, p)
		}
	}
	if last := errs[routes]; last.Key != "limits.drain" {
		t.Errorf("the last: %s", last)
	}
}
