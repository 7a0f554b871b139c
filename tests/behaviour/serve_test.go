package behaviour_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"popbridge/tests/bridge"
	"popbridge/tests/servers"
)

// TestMaxConnections: logins beyond the limit wait for a session to end; one
// that waits longer than a login may take is told to try again.
func TestMaxConnections(t *testing.T) {
	users := map[string]string{"a@example.org": secret, "b@example.org": secret, "c@example.org": secret}
	mail := servers.StartDovecot(t, servers.Dovecot{Users: users})
	b := bridge.Start(t, config([]string{to("mail", mail.IMAP) + "; max_connections: 1"}, "limits:\n  login_timeout: 2s\n", plain), secret)
	first := bridge.Login(t, b.Address("pop3"), "a@example.org", secret)
	late := bridge.Dial(t, b.Address("pop3"))
	late.OK("USER b@example.org")
	if text := late.Err("PASS " + secret); !strings.HasPrefix(text, "[SYS/TEMP] ") {
		t.Errorf("a login that could not wait longer: %q, want [SYS/TEMP]", text)
	}
	late.Cut()

	next := bridge.Dial(t, b.Address("pop3"))
	next.OK("USER c@example.org")
	next.Send("PASS " + secret + "\r\n")
	first.Quit()
	next.Expect("+OK")
	next.Quit()
	b.Await("max_connections")
}

// TestReload: listeners come and go, sessions stay as they are, and a file with
// mistakes changes nothing.
func TestReload(t *testing.T) {
	a := embedded(t)
	a.fill(3)
	upstream := []string{to("mail", a.imap)}
	second := "second: plaintext_auth: true"
	b := bridge.Start(t, config(upstream, separator+maildrop("default", "on_delete: expunge"), plain), a.password)
	one := b.Address("pop3")
	c := bridge.Login(t, one, a.login, a.password)
	c.OK("DELE 1")

	if !b.Reload(config(upstream, separator+maildrop("default", "on_delete: hide"), plain, second)) {
		t.Fatal("a good configuration was not taken")
	}
	expect(t, "the address of a listener that stays", b.Address("pop3"), one)
	bridge.Login(t, b.Address("second"), a.login+"+other", a.password).Quit()
	// The session keeps the action that it was born with.
	c.Quit()
	if got := len(a.w.UIDs("INBOX")); got != 2 {
		t.Errorf("%d messages are left, want 2", got)
	}
	c = bridge.Login(t, one, a.login, a.password)
	c.OK("DELE 1")

	if !b.Reload(config(upstream, "log:\n  level: debug\n", second)) {
		t.Fatal("a good configuration was not taken")
	}
	if nc, err := net.Dial("tcp", one); err == nil {
		nc.Close()
		t.Error("a listener that was removed still accepts")
	}
	c.Quit()
	if got := len(a.w.UIDs("INBOX")); got != 2 {
		t.Errorf("hide has removed a message: %d are left", got)
	}

	if b.Reload(config(upstream, "", "second: plaintext_auth: perhaps", plain)) {
		t.Fatal("a bad configuration was taken")
	}
	b.Await(b.Config + ":")
	bridge.Login(t, b.Address("second"), a.login, a.password).Quit()
	bridge.Dial(t, b.Address("second")).Quit()
	b.Await("[DEBUG]")
}

// TestDrain: the first SIGTERM lets a session finish, deletions and all, and
// takes no new ones.
func TestDrain(t *testing.T) {
	a := embedded(t)
	a.fill(2)
	b := a.serve(t, "on_delete: expunge")
	address := b.Address("pop3")
	c := a.device(t, b)
	idle := bridge.Dial(t, address)
	c.OK("DELE 1")
	b.Signal(syscall.SIGTERM)
	b.Await("waiting for sessions to finish")
	if rest := idle.Rest(); rest != "" {
		t.Errorf("a device that had not logged in got %q", rest)
	}
	if nc, err := net.Dial("tcp", address); err == nil {
		nc.Close()
		t.Error("a new connection was accepted after SIGTERM")
	}
	c.Message("RETR 2")
	c.Quit()
	if code := b.Wait(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	if got := len(a.w.UIDs("INBOX")); got != 1 {
		t.Errorf("%d messages are left, want 1", got)
	}
}

// TestDrainEnds: a session that does not finish is ended after limits.drain, and
// at once by a second signal; what it had marked stays.
func TestDrainEnds(t *testing.T) {
	for _, way := range []struct {
		name, drain string
		signals     []os.Signal
		code        int
	}{
		{"after limits.drain", "100ms", []os.Signal{syscall.SIGTERM}, 0},
		{"by a second SIGTERM", "1h", []os.Signal{syscall.SIGTERM, syscall.SIGTERM}, 1},
		{"by SIGINT behind SIGINT", "1h", []os.Signal{os.Interrupt, os.Interrupt}, 1},
	} {
		t.Run(way.name, func(t *testing.T) {
			a := embedded(t)
			a.fill(2)
			b := a.serveWith(t, "limits:\n  drain: "+way.drain+"\n"+maildrop("default", "on_delete: expunge"))
			c := a.device(t, b)
			c.OK("DELE 1")
			for _, s := range way.signals {
				b.Signal(s)
				b.Await("stopping")
			}
			if code := b.Wait(); code != way.code {
				t.Errorf("exit code %d, want %d", code, way.code)
			}
			c.Rest()
			if got := len(a.w.UIDs("INBOX")); got != 2 {
				t.Errorf("%d messages are left, want 2", got)
			}
		})
	}
}

// TestExitCodes: 0 done, 1 failed while running, 2 wrong usage or configuration.
func TestExitCodes(t *testing.T) {
	a := embedded(t)
	good := config([]string{to("mail", a.imap)}, "", plain)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody.Close()
	file := func(name, text string) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	goodFile := file("good.yaml", good)
	bad := file("bad.yaml", strings.Replace(good, "tls: none", "tls: some", 1)+"colour: blue\n")
	for _, run := range []struct {
		code int
		says string
		args []string
	}{
		{0, "popbridge", []string{"version"}},
		{0, "Usage", []string{"serve", "--help"}},
		{0, "listener", []string{"config", "example"}},
		{0, "no mistakes", []string{"check", "--config", goodFile}},
		{0, "upstream mail", []string{"check", "--config", goodFile, "--connect"}},
		{1, "FAILED", []string{"check", "--connect", "--config", file("gone.yaml", config([]string{to("mail", nobody.Addr().String())}, "", plain))}},
		{1, "address already in use: another program is already using this port", []string{"serve", "--config", file("taken.yaml", config([]string{to("mail", a.imap)}, "", plain+`; address: "`+taken.Addr().String()+`"`))}},
		{2, "2 mistakes", []string{"check", "--config", bad}},
		{2, "bad.yaml:", []string{"serve", "--config", bad}},
		{2, "missing.yaml", []string{"serve", "--config", filepath.Join(t.TempDir(), "missing.yaml")}},
		{2, "there is no configuration", []string{"serve"}},
		{2, "config", []string{"serve", "config"}},
		{2, "--colour", []string{"demo", "--colour"}},
		{2, "dmeo", []string{"dmeo"}},
	} {
		b := bridge.Run(t, run.args)
		if code := b.Wait(); code != run.code || !strings.Contains(b.Output(), run.says) {
			t.Errorf("popbridge %s: exit code %d, want %d; output, which should say %q:\n%s",
				strings.Join(run.args, " "), code, run.code, run.says, b.Output())
		}
	}
}

// silent makes a file of a configuration one that does not answer, and waits until
// somebody reads it. What is written to it is what he reads, when it is closed.
func silent(t *testing.T, path string) func() *os.File {
	t.Helper()
	_ = os.Remove(path)
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return func() *os.File {
		t.Helper()
		for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
			// It can be opened so only while somebody has it open to read.
			if f, err := os.OpenFile(path, os.O_WRONLY|syscall.O_NONBLOCK, 0); err == nil {
				t.Cleanup(func() { _ = f.Close() })
				return f
			}
		}
		t.Fatal("the file was not read")
		return nil
	}
}

// TestAFileThatDoesNotAnswer: neither a start nor a reload that waits for a file for
// ever, as on NFS, keeps the service from being ended in good order or its devices
// from being served.
func TestAFileThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "secret")
	set := func(text string) {
		t.Helper()
		_ = os.Remove(file)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	a := embedded(t)
	a.fill(2)
	with := maildrop("default", "on_delete: expunge")
	text := config([]string{to("mail", a.imap), to("other", a.imap) + fmt.Sprintf("; auth: master; master_user: x; master_password_file: %q", file)},
		"route:\n- {upstream: mail}\n"+with, plain)
	for _, way := range []string{"a session goes on", "a second signal", "reload is done twice"} {
		t.Run(way, func(t *testing.T) {
			set("one")
			b := bridge.Start(t, text, a.password)
			awaited := silent(t, file)
			b.Signal(syscall.SIGHUP)
			held := awaited()
			c := bridge.Login(t, b.Address("pop3"), a.login, a.password)
			switch way {
			case "a session goes on":
				b.Signal(syscall.SIGTERM)
				b.Await("waiting for sessions to finish")
				c.OK("NOOP")
				c.Quit()
			case "a second signal":
				b.Signal(syscall.SIGTERM)
				b.Await("waiting for sessions to finish")
				b.Signal(syscall.SIGTERM)
			case "reload is done twice":
				b.Signal(syscall.SIGHUP)
				b.Await("is still being read")
				set("two")
				if _, err := held.WriteString("one\n"); err != nil {
					t.Fatal(err)
				}
				_ = held.Close()
				b.AwaitTimes("the configuration was reloaded", 2)
				c.Quit()
				b.Signal(syscall.SIGTERM)
			}
			if code, want := b.Wait(), map[bool]int{true: 1}[way == "a second signal"]; code != want {
				t.Errorf("exit code %d, want %d", code, want)
			}
		})
	}
	t.Run("at the start", func(t *testing.T) {
		awaited := silent(t, file)
		path := filepath.Join(t.TempDir(), "popbridge.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		b := bridge.Run(t, []string{"serve", "--config", path})
		awaited()
		b.Signal(syscall.SIGTERM)
		if code := b.Wait(); code != 0 {
			t.Errorf("exit code %d, want 0", code)
		}
		b.Await("before it was ready")
	})
}
