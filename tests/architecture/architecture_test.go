// Package architecture keeps the rule of who may import whom.
package architecture

import (
	"errors"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	module = "popbridge"
	goimap = "github.com/emersion/go-imap/v2"
	// third stands for every module but the standard library and go-imap.
	third = "any other module"
)

// rules say what a package may import besides the standard library. translate
// decides, proxy does, configs says, cmd wires, tests watch from outside: so
// nothing imports its parent, and a session can be tested without a network.
var rules = map[string][]string{
	"cmd/popbridge": {"configs", "translate", "proxy/backend", "proxy/route", "proxy/upstream", "proxy/upstream/imapbox", "proxy/oauth", "proxy/ledger",
		"proxy/ledger/events", "proxy/ledger/secrets", "proxy/ledger/transfer", "proxy/ledger/checkup", "proxy/ledger/database",
		"proxy/admin/desk", "cmd/popbridge/internal/clerk", "proxy/audit", "proxy/migration", "proxy/migration/mailstore", "cmd/popbridge/internal/demo", "cmd/popbridge/internal/service",
		"cmd/popbridge/internal/health", "cmd/popbridge/internal/remote", "cmd/popbridge/internal/systemd", "cmd/popbridge/internal/manual", "cmd/popbridge/internal/setup", goimap, third},
	// What documents are made of: commands, declarations, endpoints.
	"cmd/popbridge/internal/manual": {"configs", "proxy/admin/api", third},
	// What "popbridge init" knows.
	"cmd/popbridge/internal/setup": {"configs", third},
	// The service as it runs, whose commands connect as it does.
	"cmd/popbridge/internal/service": {"configs", "translate", "proxy/backend", "proxy/ledger", "proxy/ledger/events", "proxy/ledger/notices", "proxy/ledger/progress", "proxy/ledger/secrets",
		"proxy/audit", "proxy/lookup", "proxy/migration", "proxy/oauth", "proxy/route", "proxy/sent", "proxy/server", "proxy/upstream", "proxy/upstream/imapbox", "proxy/upstream/pop3box",
		"proxy/upstream/relay", "proxy/admin", "proxy/admin/desk", "proxy/troubles", "cmd/popbridge/internal/alarms", "cmd/popbridge/internal/clerk", "cmd/popbridge/internal/metrics", "cmd/popbridge/internal/traces",
		"cmd/popbridge/internal/web", "cmd/popbridge/internal/health", third},
	// Who watches for what operators should hear of.
	"cmd/popbridge/internal/alarms": {"configs", "cmd/popbridge/internal/web", "translate", "proxy/ledger/notices", "proxy/ledger/watches", "proxy/route", "proxy/upstream", third},
	// What OpenTelemetry is told of sessions, by the meters that they have.
	"cmd/popbridge/internal/traces": {"configs", "cmd/popbridge/internal/web", "translate", "proxy/backend", third},
	// What operators ask, done over the ledger: for commands, and for the service's API and page.
	"cmd/popbridge/internal/clerk": {"configs", "translate", "proxy/admin/desk", "proxy/backend", "proxy/ledger", "proxy/ledger/events", "proxy/ledger/secrets", "proxy/ledger/watches",
		"proxy/migration", "proxy/route", "proxy/undelete", "proxy/upstream/imapbox", third},
	// The service as whoever restarts it sees it, from outside, and what it says of itself.
	"cmd/popbridge/internal/health":  {"configs", third},
	"cmd/popbridge/internal/systemd": {third},
	"cmd/popbridge/internal/demo":    {goimap, goimap + "/imapserver", third},
	// The meters that sessions and proxy/upstream ask for, as Prometheus metrics.
	"cmd/popbridge/internal/metrics": {"configs", "cmd/popbridge/internal/web", "translate", "proxy/backend", "proxy/ledger/notices", "proxy/ledger/progress", "proxy/sent", "proxy/session", "proxy/submission", "proxy/upstream", goimap, third},

	"proxy": {},
	// Directories: asked from outside the rooms, which get the question as a function.
	"proxy/lookup": {"configs", "translate", third},
	// The leaf: contracts and values between the rooms.
	"proxy/backend": {"configs", "translate", goimap, third},
	// The way of a device, from its connection inwards. Each room imports what lies
	// behind it, and nobody imports server and session but who runs the service.
	"proxy/server":     {"configs", "proxy/backend", "proxy/door", "proxy/limiter", "proxy/login", "proxy/route", "proxy/session", "proxy/socket", "proxy/submission", third},
	"proxy/session":    {"configs", "translate", "proxy/backend", "proxy/door", "proxy/limiter", "proxy/login", "proxy/maildrop", "proxy/pop3", "proxy/route", "proxy/sasl", third},
	"proxy/submission": {"configs", "translate", "proxy/backend", "proxy/door", "proxy/limiter", "proxy/route", "proxy/sasl", third},
	// What sessions of both protocols share, and which knows neither.
	"proxy/door":  {"configs", "translate", "proxy/backend", "proxy/limiter", "proxy/login", "proxy/route", "proxy/sasl", "proxy/socket", third},
	"proxy/login": {"configs", "translate", "proxy/backend", "proxy/keyed", "proxy/limiter", "proxy/pop3", "proxy/route", "proxy/sasl", third},
	// A maildrop stands on its mailboxes, each a part that knows nothing of the others.
	"proxy/maildrop":        {"translate", "proxy/backend", "proxy/maildrop/filing", "proxy/maildrop/part", "proxy/route", goimap, third},
	"proxy/maildrop/filing": {"translate", "proxy/backend", "proxy/maildrop/part", goimap},
	"proxy/maildrop/part":   {"translate", "proxy/backend", "proxy/route", goimap, third},
	// Values in, values out: these open no connection.
	"proxy/sasl":    {"configs", "translate", third},
	"proxy/limiter": {"configs", "translate", "proxy/keyed"},
	"proxy/keyed":   {},
	// System calls, and nothing of what is said on a connection.
	"proxy/socket": {third},
	"proxy/route":  {"configs", "translate"},
	// What stands behind a session.
	"proxy/upstream":         {"configs", "translate", "proxy/backend", "proxy/keyed", "proxy/socket", third},
	"proxy/upstream/relay":   {"configs", "translate", "proxy/backend", "proxy/upstream", third},
	"proxy/upstream/imapbox": {"configs", "translate", "proxy/backend", "proxy/imap", "proxy/upstream", goimap, third},
	"proxy/upstream/pop3box": {"configs", "translate", "proxy/backend", "proxy/pop3", "proxy/upstream", goimap},
	"proxy/oauth":            {"configs", "translate", third},
	// A service elsewhere, asked by its API.
	"cmd/popbridge/internal/remote": {"proxy/admin/api", "proxy/admin/desk"},
	// An HTTP address that configurations open and leave.
	"cmd/popbridge/internal/web": {third},
	// Operators over HTTP. What is asked is asked at a desk, which the service gives: none of
	// these knows the ledger or the sessions.
	"proxy/admin":      {"configs", "proxy/admin/api", "proxy/admin/desk", "proxy/admin/gate", "proxy/admin/page", "proxy/backend", third},
	"proxy/admin/page": {"configs", "translate", "proxy/admin/desk", "proxy/admin/gate", "proxy/backend", third},
	"proxy/admin/api":  {"proxy/admin/desk", "proxy/admin/gate", "proxy/backend"},
	"proxy/admin/gate": {"configs", "proxy/backend", "proxy/limiter", third},
	// What went wrong for devices lately, in memory.
	"proxy/troubles": {"proxy/backend"},
	// What operators may ask, and the values that they get.
	"proxy/admin/desk": {"configs", "translate", "proxy/backend", goimap},
	// A file of who did what; it knows what an event is, and nobody who tells one.
	"proxy/audit": {"configs", "translate", "proxy/backend", third},
	// Copies of sent mail: files, of which the ledger knows nothing but how to lock one.
	"proxy/sent": {"configs", "translate", "proxy/backend", "proxy/ledger/database", third},
	// The ledger's rooms stand on its database, and none imports the ledger itself.
	"proxy/ledger": {"translate", "proxy/backend", "proxy/ledger/database", "proxy/ledger/recall", "proxy/ledger/chunks", "proxy/ledger/mailboxes",
		"proxy/ledger/secrets", "proxy/ledger/events", "proxy/ledger/progress", "proxy/ledger/watches", "proxy/ledger/notices", "proxy/ledger/transfer", "proxy/ledger/checkup", goimap},
	"proxy/ledger/lru":       {},
	"proxy/ledger/recall":    {"proxy/ledger/lru"},
	"proxy/ledger/database":  {"translate", "proxy/ledger/recall", third},
	"proxy/ledger/chunks":    {"proxy/ledger/database", "proxy/ledger/lru", goimap},
	"proxy/ledger/mailboxes": {"translate", "proxy/ledger/database", "proxy/ledger/recall", "proxy/ledger/chunks", goimap},
	"proxy/ledger/secrets":   {"translate", "proxy/ledger/database", "proxy/ledger/events"},
	"proxy/ledger/events":    {"translate", "proxy/backend", "proxy/ledger/database", "proxy/ledger/recall"},
	"proxy/ledger/watches":   {"translate", "proxy/ledger/database"},
	"proxy/ledger/notices":   {"proxy/ledger/database"},
	"proxy/ledger/transfer":  {"proxy/ledger/database"},
	"proxy/ledger/checkup":   {"translate", "proxy/ledger/database", "proxy/ledger/chunks", "proxy/ledger/transfer"},
	"proxy/ledger/progress":  {"translate", "proxy/ledger/database", "proxy/ledger/recall", "proxy/ledger/events"},
	// What commands do for accounts that move; mailstore reads what old servers
	// keep beside their mail.
	"proxy/migration":           {"configs", "translate", "proxy/backend", "proxy/ledger", "proxy/ledger/mailboxes", "proxy/ledger/progress", "proxy/route", "proxy/migration/mailstore", goimap, third},
	"proxy/migration/mailstore": {"translate", goimap},
	// What a command does for messages that were deleted.
	"proxy/undelete":  {"configs", "translate", "proxy/backend", "proxy/ledger", "proxy/route", "proxy/upstream/imapbox", goimap, third},
	"configs":         {"translate", third},
	"translate":       {goimap},
	"proxy/imap":      {goimap},
	"proxy/pop3":      {"proxy/pop3/scan"},
	"proxy/pop3/scan": {},
}

// pure packages get values and give values; these of the standard library would
// let them do more.
var impure = []string{"net", "net/http", "os", "os/exec", "log", "log/slog", "syscall", "io/ioutil", "math/rand", "math/rand/v2"}

const root = "../.."

// imports gives what each package imports outside its tests, by its folder.
func imports(t *testing.T) map[string][]string {
	t.Helper()
	found := make(map[string][]string)
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && file != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata"):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go"):
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		} else if err != nil {
			return err
		}
		folder, err := filepath.Rel(root, filepath.Dir(file))
		if err != nil {
			return err
		}
		folder = filepath.ToSlash(folder)
		found[folder] = append(found[folder], "")
		for _, spec := range parsed.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			found[folder] = append(found[folder], name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// edge names an import as the rules do; empty for the standard library.
func edge(imported string) string {
	inside, ok := strings.CutPrefix(imported, module+"/")
	first, _, _ := strings.Cut(imported, "/")
	switch {
	case ok:
		return inside
	case imported == goimap, strings.HasPrefix(imported, goimap+"/"):
		return imported
	case strings.Contains(first, "."):
		return third
	}
	return ""
}

func TestWhoMayImportWhom(t *testing.T) {
	found := imports(t)
	for folder, names := range found {
		if strings.HasPrefix(folder, "tests/") {
			continue
		}
		allowed, known := rules[folder]
		if !known {
			t.Errorf("package %s has no rule: say in rules what it may import, and why it is a package", folder)
			continue
		}
		for _, name := range names {
			if e := edge(name); e != "" && !slices.Contains(allowed, e) {
				t.Errorf("%s imports %s; it may import the standard library and %q, so that decisions stay pure and no package knows what stands above it", folder, name, allowed)
			}
		}
	}
	for folder := range rules {
		if found[folder] == nil {
			t.Errorf("there is a rule for %s, but no such package", folder)
		}
	}
}

func TestTheCoreIsPure(t *testing.T) {
	for _, name := range imports(t)["translate"] {
		if slices.Contains(impure, name) {
			t.Errorf("translate imports %s: values go in and values come out, without network, files or logger", name)
		}
	}
}

// Tests watch from outside: what is tested there is the program and its wire, so
// nothing of theirs may be needed by the program.
func TestNothingImportsTheTests(t *testing.T) {
	for folder, names := range imports(t) {
		for _, name := range names {
			if e := edge(name); path.Dir(e) == "tests" && !strings.HasPrefix(folder, "tests/") {
				t.Errorf("%s imports %s", folder, name)
			}
		}
	}
}

// The map of CONTRIBUTING and that of proxy's package comment are one, and name every
// package.
func TestTheMapNamesEveryPackage(t *testing.T) {
	read := func(name string) string {
		data, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	_, drawn, _ := strings.Cut(read("CONTRIBUTING.md"), "```\ncmd/popbridge ")
	drawn, _, _ = strings.Cut("cmd/popbridge "+drawn, "```")
	comment := strings.ReplaceAll(read("proxy/doc.go"), "//\t", "")
	named := make(map[string]bool)
	parent := ""
	for line := range strings.Lines(drawn) {
		if !strings.Contains(comment, line) {
			t.Errorf("proxy/doc.go lacks the line %q", line)
		}
		name := strings.Fields(line)[0]
		switch {
		case strings.HasPrefix(line, " "):
			name = parent + name
		case strings.HasSuffix(name, "/"):
			parent = name
		}
		named[name] = true
	}
	for folder := range imports(t) {
		if folder != "proxy" && !strings.HasPrefix(folder, "tests/") && !named[folder] {
			t.Errorf("the map does not name %s", folder)
		}
	}
}
