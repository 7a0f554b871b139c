package migration

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"popbridge/tests/bridge"
	"popbridge/tests/servers"
)

// The programs of an operator. The real editor and systemctl are none for a test; the
// other two are what docs/migration.md leaves to the reader.
var programs = map[string]string{
	"editor": `cat "$PREPARED/$(basename "$1")" >"$(case $1 in /*) echo "$POPBRIDGE_CONFIG" ;; *) echo "$1" ;; esac)"`,
	"systemctl": `case $1 in
enable)
	popbridge serve >"$PREPARED/log" 2>&1 </dev/null & echo $! >"$PREPARED/pid"
	until grep -q 'popbridge is ready' "$PREPARED/log"; do kill -0 $(cat "$PREPARED/pid") || exit 1; sleep 0.1; done ;;
reload) kill -HUP $(cat "$PREPARED/pid") && until grep -q 'was reloaded' "$PREPARED/log"; do kill -0 $(cat "$PREPARED/pid") || exit 1; sleep 0.1; done ;;
*) exit 1 ;;
esac`,
	"sync-mailbox":    `[ $# = 1 ] && exec doveadm -c "$NEW_CONFIG" sync -1 -R -u "$1" -m INBOX "maildir:$OLD_MAIL/$1/Maildir"`,
	"switch-delivery": `[ $# = 2 ] && echo "$1 $2" >>"$PREPARED/delivery"`,
}

// operator types into one shell.
type operator struct {
	t     *testing.T
	shell *bridge.Bridge
	in    io.Writer
	typed int
}

// types types a block and gives what came of it; each of its lines has to end well.
func (o *operator) types(block string) string {
	o.t.Helper()
	before := len(o.shell.Output())
	o.typed++
	mark := fmt.Sprintf("== block %d is done", o.typed)
	if _, err := fmt.Fprintf(o.in, "%s\necho %s\n", block, mark); err != nil {
		o.t.Fatal(err)
	}
	o.shell.Await(mark + "\n")
	return o.shell.Output()[before:]
}

var shBlock = regexp.MustCompile("(?ms)^```sh\n(.*?)^```$")

// planned are the blocks of the plan in docs/migration.md: its configuration and what is
// typed, in order.
func planned(t *testing.T) (config string, typed []string) {
	t.Helper()
	_, plan, found := strings.Cut(read(t, "../../docs/migration.md"), "\n## The plan of a migration, week by week\n")
	yaml := regexp.MustCompile("(?ms)^```yaml\n(.*?)^```$").FindStringSubmatch(plan)
	if !found || yaml == nil {
		t.Fatal("there is no plan")
	}
	for _, m := range shBlock.FindAllStringSubmatch(plan, -1) {
		typed = append(typed, m[1])
	}
	return yaml[1], typed
}

// TestPlanAsWritten: the plan of docs/migration.md is typed as it stands, in order, for
// twenty accounts that leave an old POP3 server. No line is missing and none fails;
// devices see the same unique-ids in the same order before, meanwhile and afterwards;
// mail that comes in between is taken along.
func TestPlanAsWritten(t *testing.T) {
	t.Parallel()
	const accounts = 20
	users := map[string]string{alice: password}
	for i := 1; i < accounts; i++ {
		users[fmt.Sprintf("user%02d@example.org", i)] = password
	}
	old := servers.StartOld(t, "dovecot", users)
	fresh := servers.StartDovecot(t, servers.Dovecot{Users: users})
	letters := servers.Messages(8)
	list := ""
	for login := range users {
		old.Deliver(t, login, letters[:6])
		list += login + ":" + password + "\n"
	}

	config, blocks := planned(t)
	dir := t.TempDir()
	prepared, bin := filepath.Join(dir, "prepared"), filepath.Join(dir, "bin")
	for _, path := range []string{prepared, bin, filepath.Join(dir, "state")} {
		if err := os.Mkdir(path, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for name, script := range programs {
		if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(bridge.Binary(t), filepath.Join(bin, "popbridge")); err != nil {
		t.Fatal(err)
	}
	certificate := servers.NewCertificate(t, dir)
	config = strings.NewReplacer(":110", "127.0.0.1:0", "/etc/popbridge/tls/fullchain.pem", certificate.Cert, "/etc/popbridge/tls/privkey.pem", certificate.Key,
		"pop-old.example.org:995", old.POP3S, "imap.example.org:993", fresh.IMAPS).Replace(config)
	put(t, filepath.Join(dir, "popbridge.yaml"), config)
	put(t, filepath.Join(prepared, "all.txt"), list)
	put(t, filepath.Join(prepared, "alice.txt"), password+"\n")
	last := regexp.MustCompile(`(?m)^  old: .*\n`).ReplaceAllString(config, "")
	put(t, filepath.Join(prepared, "popbridge.yaml"), strings.Replace(last, "upstream: old", "upstream: new", 1))

	trusted := filepath.Join(dir, "trusted.pem")
	put(t, trusted, read(t, old.CAFile)+read(t, fresh.CAFile))
	shell := exec.Command("sh", "-e")
	shell.Dir = dir
	shell.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "GORACE=halt_on_error=0 exitcode=66 atexit_sleep_ms=0",
		"PREPARED="+prepared, "NEW_CONFIG="+filepath.Join(fresh.Dir, "dovecot.conf"), "OLD_MAIL="+filepath.Join(old.Dir, "mail"),
		"POPBRIDGE_CONFIG="+filepath.Join(dir, "popbridge.yaml"), "STATE_DIRECTORY="+filepath.Join(dir, "state"),
		"SSL_CERT_FILE="+trusted)
	in, err := shell.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	o := &operator{t: t, shell: bridge.RunCommand(t, shell, password), in: in}
	t.Cleanup(func() { endService(t, prepared) })

	// Each block is known by a word of it, with what it has to say.
	steps := []struct {
		word string
		says []string
	}{
		{"editor all.txt", nil},
		{"check --connect", []string{"upstream old", "upstream new"}},
		{"migrate harvest", []string{"20 accounts harvested, 0 failed"}},
		{"migrate match", []string{"20 accounts"}},
		{"--dry-run", []string{"1 account would be moved", "1 account moved, 0 already there, 0 failed"}},
		{"migrate back", []string{"1 account moved, 0 already there, 0 failed"}},
		{"batch.aa", []string{"19 accounts moved, 1 already there, 0 failed"}},
		{"editor /etc/popbridge/popbridge.yaml", []string{"no mistakes"}},
	}
	if len(blocks) != len(steps) {
		t.Fatalf("the plan has %d blocks, this test knows %d", len(blocks), len(steps))
	}
	before := make(map[string][]string)
	for i, step := range steps {
		if !strings.Contains(blocks[i], step.word) {
			t.Fatalf("block %d lacks %q:\n%s", i, step.word, blocks[i])
		}
		bridge.Has(t, o.types(blocks[i]), step.says...)
		if i == 0 {
			continue
		}
		for login := range users {
			if login != alice && i > 1 && i < len(steps)-2 {
				continue // nothing was done to it that a device could notice
			}
			got := viewAt(t, prepared, login)
			if i > 1 && !slices.Equal(got, before[login]) {
				t.Errorf("after %q %s is seen as %q, before as %q", step.word, login, got, before[login])
			}
			before[login] = got
		}
		if step.word == "migrate match" {
			for login := range users {
				old.Deliver(t, login, letters[6:7])
				before[login] = viewAt(t, prepared, login)
			}
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var listening = regexp.MustCompile(`listening: listener=pop3 address=(\S+)`)

// viewAt is what a device of an account sees: unique-ids and octets, in order.
func viewAt(t *testing.T, prepared, login string) []string {
	t.Helper()
	c := bridge.Login(t, listening.FindStringSubmatch(read(t, filepath.Join(prepared, "log")))[1], login, password)
	defer c.Quit()
	return append(c.UniqueIDs(), c.Octets()...)
}

// endService ends what systemctl has started, and looks through its log.
func endService(t *testing.T, prepared string) {
	pid, err := strconv.Atoi(strings.TrimSpace(read(t, filepath.Join(prepared, "pid"))))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	for end := time.Now().Add(time.Minute); syscall.Kill(pid, 0) == nil && time.Now().Before(end); {
		time.Sleep(20 * time.Millisecond)
	}
	log := read(t, filepath.Join(prepared, "log"))
	for _, bad := range []string{"DATA RACE", "panic:", password} {
		if strings.Contains(log, bad) {
			t.Errorf("the log of the service contains %q", bad)
		}
	}
	if t.Failed() {
		t.Logf("the service's log:\n%s", log)
	}
}
