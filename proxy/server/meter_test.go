package server

import (
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/session"
	"popbridge/translate"
)

// ear writes down what a b.Meter hears, without times.
type ear struct {
	mu    sync.Mutex
	heard []string
}

func (e *ear) hear(format string, args ...any) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.heard = append(e.heard, fmt.Sprintf(format, args...))
}

func (e *ear) Refused(listener, cause string) { e.hear("refused %s %s", listener, cause) }

func (e *ear) Session(listener string) backend.SessionMeter {
	e.hear("session %s", listener)
	return e
}

func (e *ear) Login(upstream string, ok bool, code string, took time.Duration) {
	e.hear("login %q %v %q %v", upstream, ok, code, took >= 0)
}

func (e *ear) Command(verb string, ok bool, took time.Duration) {
	e.hear("command %s %v %v", verb, ok, took >= 0)
}
func (e *ear) Octets(n int64) { e.hear("octets %d", n) }
func (e *ear) Retrieved(upstream string, asListed bool) {
	e.hear("retrieved %q %v", upstream, asListed)
}
func (e *ear) Update() { e.hear("update") }
func (e *ear) Deleted(action translate.OnDelete, messages int) {
	e.hear("deleted %v %d", action, messages)
}
func (e *ear) Sent(upstream string, code int, octets int64) {
	e.hear("sent %q %d %d", upstream, code, octets)
}
func (e *ear) End(result string) { e.hear("end %s", result) }

// listen runs a conversation, waits for its end, and gives what was heard.
func listen(t *testing.T, s *store, talk func(*device), change func(*configs.Config)) []string {
	t.Helper()
	e, b, cfg := &ear{}, s.backend(), configuration()
	b.Meter = e
	if change != nil {
		change(cfg)
	}
	addr, stop := serve(t, hclog.NewNullLogger(), b, cfg)
	d := connect(t, addr)
	talk(d)
	d.close()
	stop()
	return e.heard
}

func TestAMeterHearsWhatASessionDoes(t *testing.T) {
	got := listen(t, newStore("Subject: one\r\n\r\n.dot\r\n", "two\r\n"), func(d *device) {
		d.says("USER alice@example.org", "+OK")
		d.says("PASS wrong", "-ERR")
		d.logIn()
		d.says("RETR 1", "+OK")
		d.lines()
		d.says("RETR 7", "-ERR")
		d.says("DELE 2", "+OK")
		d.says("XYZZY", "-ERR")
		d.says("QUIT", "+OK")
		d.rest()
	}, onDelete(translate.DeleteTrash))
	want := []string{
		"session pop3",
		"command USER true true", `login "mail" false "AUTH" true`, "command PASS false true",
		"command USER true true", `login "mail" true "" true`, "command PASS true true",
		"octets 22", "retrieved \"mail\" true", "command RETR true true", "command RETR false true",
		"command DELE true true", "command XYZZY false true",
		"update", "deleted trash 1", "command QUIT true true", "end quit",
	}
	if !slices.Equal(got, want) {
		t.Errorf("heard\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestAMeterHearsOfWrongSizes: the message has become longer than it was listed.
func TestAMeterHearsOfWrongSizes(t *testing.T) {
	s := newStore("Subject: one\r\n\r\nbody\r\n")
	got := listen(t, s, func(d *device) {
		d.logIn()
		s.mu.Lock()
		s.messages[1] += "more\r\n"
		s.mu.Unlock()
		d.says("RETR 1", "+OK")
		d.lines()
		d.says("QUIT", "+OK")
		d.rest()
	}, nil)
	if want := `retrieved "mail" false`; !slices.Contains(got, want) {
		t.Errorf("heard %q, want %q among it", got, want)
	}
}

// What was not done is not counted.
func TestAMeterHearsOfFailures(t *testing.T) {
	s := newStore("Subject: one\r\n\r\nbody\r\n")
	got := listen(t, s, func(d *device) {
		d.says("AUTH PLAIN "+base64.StdEncoding.EncodeToString([]byte("\x00alice\x00a\nb")), "-ERR")
		d.logIn()
		d.says("DELE 1", "+OK")
		s.fail("Apply", errUpstream)
		d.says("QUIT", "-ERR")
		d.rest()
	}, nil)
	want := []string{
		"session pop3", `login "mail" false "AUTH" true`, "command AUTH false true",
		"command USER true true", `login "mail" true "" true`, "command PASS true true",
		"command DELE true true", "update", "command QUIT false true", "end quit failed",
	}
	if !slices.Equal(got, want) {
		t.Errorf("heard\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	s = newStore("Subject: one\r\n\r\nbody\r\n")
	s.late = true
	got = listen(t, s, func(d *device) {
		d.logIn()
		s.fail("Fetch", errUpstream)
		d.send("RETR 1\r\n")
		d.rest()
	}, nil)
	if want := []string{"octets 20480", "command RETR false true", "end broken off"}; !slices.Equal(got[len(got)-3:], want) {
		t.Errorf("heard %q, want %q at the end", got, want)
	}
}

func TestAMeterHearsOfRefusedConnections(t *testing.T) {
	e, b, cfg := &ear{}, newStore().backend(), configuration()
	b.Meter, cfg.Limits.ConnectionsPerIP = e, 1
	addr, stop := serve(t, hclog.NewNullLogger(), b, cfg)
	d := connect(t, addr)
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	if err := nc.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if told, err := io.ReadAll(nc); !strings.HasPrefix(string(told), "-ERR") {
		t.Errorf("the second connection was told %q, %v", told, err)
	}
	_ = nc.Close()
	d.close()
	stop()
	if want := "refused pop3 limits.connections_per_ip is reached"; !slices.Contains(e.heard, want) {
		t.Errorf("heard %q, want %q", e.heard, want)
	}
}

// Series have to exist before they count for the first time, or an alert on the
// first failed QUIT never fires: so whoever counts must know all results.
func TestResultsAreComplete(t *testing.T) {
	files, err := filepath.Glob("../session/*.go")
	if err != nil {
		t.Fatal(err)
	}
	files = append(files, "proxyproto.go") // whose connections have no session yet
	given := regexp.MustCompile(`(?:s\.finish\(|s\.result = |return )"([A-Za-z][^"<]*)"\)?\n`)
	found := make(map[string]bool)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range given.FindAllStringSubmatch(string(text), -1) {
			found[m[1]] = true
			if !slices.Contains(session.Results(), m[1]) {
				t.Errorf("%s ends a session with %q, which Results does not know", file, m[1])
			}
		}
	}
	if len(found) != len(session.Results()) {
		t.Errorf("sessions end in %d ways, Results knows %d", len(found), len(session.Results()))
	}
}
