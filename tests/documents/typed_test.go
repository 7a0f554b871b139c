package documents

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"popbridge/tests/bridge"
)

// elsewhere are the lines that cannot be typed here, and why not.
var elsewhere = []struct{ line, since string }{
	{`go run ./cmd/popbridge demo`, `is what "popbridge demo" does, and builds it once more`},
	{`make test`, `is what runs this test`},
	{`make packages`, `is run by tests/packages`},
	{`apt install ./bin/packages/.*`, `needs what it depends on; tests/packages installs the package by dpkg`},
	{`make image`, `needs docker; tests/packages looks at the Dockerfile`},
	{`docker run .*`, `needs docker`},
	{`kubectl .*`, `needs a cluster`},
	{`helm install .*`, `needs a cluster; tests/packages renders the chart`},
	{`fail2ban-client .*`, `needs a fail2ban that runs; tests/public has one`},
	{`popbridge init( --provider imap .*)?`, `needs a server of that name; the README's init has one of the tests`},
	{`popbridge init --provider microsoft365 .*`, `needs Microsoft; tests/packages has servers in its place`},
	{`popbridge account authorize .*`, `needs an owner; tests/logins has one`},
	{`popbridge account forget alice@example.org`, `asks on a terminal; the line below it does not`},
	{`curl .*/api/v1/.*`, `needs a service with an API; tests/admin has one`},
	{`popbridge .* --server .*`, `needs a service with an API; tests/admin has one`},
	{`LISTEN=.* /usr/local/bin/popbridge-alarms-mail`, `goes on, and needs a submission server; tests/admin has one`},
	{`POPBRIDGE_TEST_DAY=.* go test .*`, `plays a long day; tests/state plays a short one`},
	{`popbridge state copy .*`, `needs a PostgreSQL of that name; tests/state copies to one and back`},
	{`popbridge migrate import .*`, `needs the mail store of an old server; tests/old has four`},
}

// before is what has been typed in between, for lines that stand for another day than
// the line above them.
var before = []struct{ line, typed string }{
	{`popbridge account device (add .* --password.*|remove .*)`, "popbridge account device remove alice@example.org scanner; popbridge account device add alice@example.org scanner"},
	{`popbridge account device revoke .*`, "popbridge account device add alice@example.org scanner --password || true"},
	{`popbridge state (compact|check --repair)`, "systemctl stop popbridge"},
	{`popbridge migrate move .* --hold .*`, "popbridge migrate back --accounts batch7.txt"},
	{`popbridge migrate back alice@example.org .*`, "popbridge migrate move --accounts batch7.txt --to new"},
}

// changes are lines after which a page goes on as if they had not been typed.
var changes = regexp.MustCompile(`^popbridge (account forget|account undelete|secrets|state (compact|check --repair)|migrate (move|back)|config (fmt|example))`)

// goOn are the lines that go on until Ctrl-C, with what they say when they are ready.
var goOn = map[string]string{"popbridge demo": "Ctrl-C ends it", "popbridge serve": "popbridge is ready"}

// typed are what a page has its reader type: blocks of lines.
func (p page) typed() (all [][]string) {
	text := p.text
	if p.path == "docs/migration.md" {
		text, _, _ = strings.Cut(text, "\n## The plan of a migration") // tests/migration types the plan
	}
	for _, b := range (page{p.path, text}).blocks() {
		if b.language != "sh" {
			continue
		}
		var lines []string
		for line := range strings.Lines(joined.ReplaceAllString(b.text, " ")) {
			if line, _, _ = strings.Cut(line, " #"); strings.TrimSpace(line) != "" {
				lines = append(lines, strings.TrimSpace(line))
			}
		}
		all = append(all, lines)
	}
	return all
}

// TestBlocksSayWhatTheyAre: a block of commands that is not marked as such would be
// typed by readers alone.
func TestBlocksSayWhatTheyAre(t *testing.T) {
	for _, p := range pages(t) {
		for _, b := range p.blocks() {
			if b.language == "" && p.path != "CONTRIBUTING.md" {
				t.Errorf("%s:%d: a block without a language; write sh, text, or what it is", p.path, b.line)
			}
		}
	}
}

// TestTyped types each line of the documents that can be typed here, on a copy of this
// machine, and each has to end well. The README comes first: it installs.
func TestTyped(t *testing.T) {
	all := pages(t)
	t.Chdir("tests/documents")
	slices.SortStableFunc(all, func(a, b page) int { return readmeFirst(a) - readmeFirst(b) })
	s := newStage(t)
	known := make([]bool, len(elsewhere))
	typed := 0
	for _, p := range all {
		blocks := p.typed()
		if len(blocks) == 0 {
			continue
		}
		t.Run(p.path, func(t *testing.T) {
			s.T, s.served = t, ""
			if p.path == "README.md" {
				s.Env = append(s.Env, "POPBRIDGE_LISTENER_POP3_ADDRESS="+s.listen)
				defer func() { s.Env = s.Env[:len(s.Env)-1] }()
			}
			for _, lines := range blocks {
				if p.path != "README.md" {
					s.installed(lines[0])
				}
				for _, line := range lines {
					if i := cannot(line); i >= 0 {
						known[i] = true
						continue
					}
					typed++
					s.types(line)
				}
			}
			if p.path == "README.md" {
				c := bridge.Login(t, s.listen, alice, password)
				c.Message("RETR 1")
				c.Quit()
			}
		})
	}
	for i, e := range elsewhere {
		if !known[i] {
			t.Errorf("no page has a line like %q any more, which %s", e.line, e.since)
		}
	}
	if typed < 80 {
		t.Errorf("%d lines were typed", typed)
	}
}

// cannot is which of elsewhere a line is; -1 for none.
func cannot(line string) int {
	return slices.IndexFunc(elsewhere, func(e struct{ line, since string }) bool {
		return matches(e.line, line)
	})
}

func matches(pattern, line string) bool {
	return regexp.MustCompile("^(?:" + pattern + ")$").MatchString(line)
}

func readmeFirst(p page) int {
	if p.path == "README.md" {
		return 0
	}
	return 1
}

// types types a line, which has to end well.
func (s *stage) types(line string) {
	s.T.Helper()
	for _, b := range before {
		if matches(b.line, line) {
			s.Try("cd " + checkout + "; " + b.typed)
		}
	}
	if changes.MatchString(line) {
		s.served = ""
	}
	for begin, ready := range goOn {
		if strings.HasPrefix(line, begin) {
			s.goesOn(line, ready)
			return
		}
	}
	command := s.Command("sh", "-ec", "cd "+checkout+"; "+line)
	if line == "sudo popbridge init" {
		command.Stdin = strings.NewReader("4\n" + s.mail.IMAP + "\n" + alice + "\nlocal\nno\n" + password + "\n")
	}
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	// The service outlives the line that starts it, and so must not hold a pipe.
	out, err := os.CreateTemp(s.T.TempDir(), "said")
	if err != nil {
		s.T.Fatal(err)
	}
	defer func() { _ = out.Close() }()
	command.Stdout, command.Stderr = out, out
	failed := command.Run()
	said, err := os.ReadFile(out.Name())
	if err != nil {
		s.T.Fatal(err)
	}
	if failed != nil || wrong.Match(said) {
		s.T.Errorf("%s: %v\n%s", line, failed, said)
	}
}

var wrong = regexp.MustCompile(`panic:|DATA RACE|FAILED`)

// goesOn types a line and, when it is ready, Ctrl-C.
func (s *stage) goesOn(line, ready string) {
	s.T.Helper()
	s.Run("systemctl stop")
	b := bridge.RunCommand(s.T, s.Command("sh", "-ec", "cd "+checkout+"; exec "+line))
	b.Await(ready)
	b.Signal(os.Interrupt)
	if code := b.Wait(); code != 0 {
		s.T.Errorf("%s: exit code %d", line, code)
	}
	s.Run("systemctl start popbridge")
}
