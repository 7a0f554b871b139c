package server

import (
	"bytes"
	"encoding/base64"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/xdg-go/scram"

	"popbridge/configs"
)

// book is a log that a test reads.
type book struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *book) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *book) lines(message string) (found []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for line := range strings.Lines(b.text.String()) {
		if strings.Contains(line, message) {
			found = append(found, line)
		}
	}
	return found
}

func (b *book) logger() hclog.Logger { return hclog.New(&hclog.LoggerOptions{Output: b}) }

// Whatever a login is refused for, it is counted and held back, and a line of the
// log is short.
func TestNoRefusedLoginIsFree(t *testing.T) {
	plain := func(identity, name, password string) string {
		return "AUTH PLAIN " + base64.StdEncoding.EncodeToString([]byte(identity+"\x00"+name+"\x00"+password))
	}
	for what, commands := range map[string][]string{
		"a name that is too long":        {plain("", strings.Repeat("\xff", 8000), "x")},
		"a name with a control octet":    {plain("", "alice\x01@example.org", "x")},
		"a name with two @":              {"USER a@b@example.org", "PASS x"},
		"no name at all":                 {"USER @", "PASS x"},
		"a password with LF":             {plain("", "alice@example.org", "a\nb")},
		"a password with NUL":            {plain("", "alice@example.org", "a\x00b")},
		"an identity of somebody else's": {plain("bob@example.org", "alice@example.org", "secret")},
		"an empty password":              {"USER alice@example.org", "PASS "},
		"LOGIN with CR":                  {"AUTH LOGIN " + base64.StdEncoding.EncodeToString([]byte("alice")), base64.StdEncoding.EncodeToString([]byte("a\rb"))},
	} {
		t.Run(what, func(t *testing.T) {
			var log book
			cfg := configuration()
			cfg.Limits.FailuresPerIP, cfg.Limits.FailureWindow, cfg.Limits.FailureDelay = 3, patience, 8*time.Millisecond
			addr, stop := serve(t, log.logger(), newStore().backend(), cfg)
			defer stop()
			d := connect(t, addr)
			defer d.close()
			try := func(want string) {
				t.Helper()
				for _, c := range commands[:len(commands)-1] {
					d.send(c + "\r\n")
					d.line()
				}
				d.says(commands[len(commands)-1], want)
			}
			for range 3 {
				try("-ERR [AUTH]")
			}
			start := time.Now()
			try("-ERR [SYS/TEMP]")
			if took := time.Since(start); took < 2*time.Millisecond {
				t.Errorf("the refusal behind three failures came after %v", took)
			}
			refused := log.lines("login refused")
			if len(refused) != 4 || !strings.Contains(refused[3], "limit=address") {
				t.Errorf("the log says %q", refused)
			}
			for _, line := range refused {
				if len(line) > 1000 {
					t.Errorf("a line of %d octets", len(line))
				}
			}
		})
	}
}

// A SCRAM dialogue that is begun and not ended is a failure of its address.
func TestBegunDialoguesAreCounted(t *testing.T) {
	for what, end := range map[string]func(d *device){
		"cancelled":  func(d *device) { d.says("*", "-ERR authentication was cancelled") },
		"broken off": func(d *device) { d.close() },
		"no base64":  func(d *device) { d.says("!", "-ERR that is not base64") },
	} {
		t.Run(what, func(t *testing.T) {
			var log book
			e := &entered{store: newStore("a\r\n")}
			password := e.rack.hang(t, "alice@example.org", "scanner")
			cfg := configuration()
			cfg.Route = []configs.Route{{Upstream: "mail", Maildrop: "default", Login: configs.LoginDevice}}
			cfg.Limits.FailuresPerIP, cfg.Limits.FailureWindow = 4, patience
			server, stop := serving(t, log.logger(), e.backend(), cfg)
			addr := server.Addresses()["pop3"].String()
			client, err := scram.SHA256.NewClient("alice@example.org", "x", "")
			if err != nil {
				t.Fatal(err)
			}
			first, err := client.NewConversation().Step("")
			if err != nil {
				t.Fatal(err)
			}
			for range 4 {
				d := connect(t, addr)
				d.says("AUTH SCRAM-SHA-256 "+base64.StdEncoding.EncodeToString([]byte(first)), "+ ")
				end(d)
				d.close()
			}
			awaitSessions(server)
			asked := len(e.rack.asked)
			d := connect(t, addr)
			defer d.close()
			d.says("AUTH SCRAM-SHA-256 "+base64.StdEncoding.EncodeToString([]byte(first)), "-ERR [SYS/TEMP]")
			d.logInAs("alice@example.org", password, "-ERR [SYS/TEMP]")
			if len(e.rack.asked) != asked {
				t.Error("the ledger was asked for an address that has failed too often")
			}
			stop()
			if lines := log.lines("SCRAM dialogue was broken off"); len(lines) == 0 || len(lines) > 4 {
				t.Errorf("the log says %q", lines)
			}
		})
	}
}

// awaitSessions waits until no session is left.
func awaitSessions(s *Server) {
	for left := 1; left > 0; time.Sleep(time.Millisecond) {
		s.mu.Lock()
		left = len(s.connections)
		s.mu.Unlock()
	}
}
