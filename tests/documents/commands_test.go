package documents

import (
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"popbridge/configs"
	"popbridge/tests/bridge"
)

// command finds lines of popbridge in a block, and within the text.
var (
	command = regexp.MustCompile(`(?m)^\s*(?:\([^)]*; )?(?:sudo (?:-u \w+ )?)?popbridge ([a-z][^#\n|>]*)`)
	quoted  = regexp.MustCompile("`popbridge ([a-z][^`]*)`")
	argued  = regexp.MustCompile(`'[^']*'|"[^"]*"|\S+`)
	joined  = regexp.MustCompile(`\\\n\s*`)
)

// TestCommands: each command of the documents is known, with its flags. Their words
// in capitals and their files stand for an operator's own.
func TestCommands(t *testing.T) {
	binary := bridge.Binary(t)
	seen := make(map[string]bool)
	for _, p := range pages(t) {
		text := joined.ReplaceAllString(p.text, " ")
		found := quoted.FindAllStringSubmatch(text, -1)
		for _, b := range p.blocks() {
			if b.language == "sh" || b.language == "" {
				found = append(found, command.FindAllStringSubmatch(joined.ReplaceAllString(b.text, " "), -1)...)
			}
		}
		for _, m := range found {
			line := strings.TrimRight(strings.TrimSpace(m[1]), ")…:;,")
			if seen[line] || strings.ContainsAny(line, "|[") || strings.HasPrefix(line, "service ") { // which is Windows's
				continue
			}
			seen[line] = true
			args := append(argued.FindAllString(line, -1), "--help")
			out, err := exec.Command(binary, args...).CombinedOutput()
			if err != nil || !strings.Contains(string(out), "Usage:") {
				t.Errorf("%s: popbridge %s: %v\n%.300s", p.path, line, err, out)
				continue
			}
			// A word that is no subcommand is taken for an argument; then the help is its parent's.
			if usage := between(string(out), "Usage:\n  popbridge", "\n"); strings.HasSuffix(usage, "[command]") && len(args) > 1 && !strings.HasPrefix(args[len(strings.Fields(usage))-1], "-") {
				t.Errorf("%s: popbridge %s: there is no such subcommand; its help is of %q", p.path, line, usage)
			}
		}
	}
	if len(seen) < 30 {
		t.Errorf("%d commands were looked at", len(seen))
	}
}

func between(text, from, to string) string {
	_, text, _ = strings.Cut(text, from)
	text, _, _ = strings.Cut(text, to)
	return strings.TrimSpace(text)
}

// Problems that come of a block being a part, and of files that are an operator's own.
var tolerable = regexp.MustCompile(`cannot be read: no such file or directory|^none is given, so nothing can be served|^there is no upstream |^no device can log in|still contains the word (TENANT|CLIENT)|^CREDENTIALS_DIRECTORY is not set|^needs state.secrets_key|^upstream passes passwords on|^is missing; write host:port`)

// TestConfigurations: each block of configuration in the documents has keys and
// values that are known.
func TestConfigurations(t *testing.T) {
	looked := 0
	for _, p := range pages(t) {
		for _, b := range p.blocks() {
			if b.language != "hcl" && b.language != "yaml" {
				continue
			}
			looked++
			_, problems := configs.Parse("block."+b.language, []byte(b.text))
			for _, problem := range problems.Errors() {
				if !tolerable.MatchString(problem.Text) {
					t.Errorf("%s:%d: %s", p.path, b.line+problem.Line, problem)
				}
			}
		}
	}
	if looked < 15 {
		t.Errorf("%d configurations were looked at", looked)
	}
}
