package demo

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"
)

// wire is a connection whose lines the test writes itself.
type wire struct {
	t *testing.T
	net.Conn
	r *bufio.Reader
}

func dial(t *testing.T, addr string) *wire {
	t.Helper()
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	if err := nc.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	w := &wire{t: t, Conn: nc, r: bufio.NewReader(nc)}
	w.line()
	return w
}

// open logs in and selects INBOX.
func open(t *testing.T, addr string) *wire {
	t.Helper()
	w := dial(t, addr)
	w.ok(`LOGIN alice@example.org "wonder land"`)
	w.ok("SELECT INBOX")
	return w
}

func (w *wire) send(format string, args ...any) {
	w.t.Helper()
	if _, err := fmt.Fprintf(w, format, args...); err != nil {
		w.t.Fatal(err)
	}
}

func (w *wire) line() string {
	w.t.Helper()
	line, err := w.r.ReadString('\n')
	if err != nil {
		w.t.Fatalf("after %q: %v", line, err)
	}
	return strings.TrimSuffix(line, "\r\n")
}

// do sends a command and returns the untagged lines and the tagged one without
// its tag.
func (w *wire) do(command string) (untagged []string, result string) {
	w.t.Helper()
	w.send("t %s\r\n", command)
	for {
		line := w.line()
		if result, found := strings.CutPrefix(line, "t "); found {
			return untagged, result
		}
		untagged = append(untagged, line)
	}
}

func (w *wire) ok(command string) []string {
	w.t.Helper()
	untagged, result := w.do(command)
	if !strings.HasPrefix(result, "OK") {
		w.t.Fatalf("%s: %s", command, result)
	}
	return untagged
}

// expect compares the whole answer, the tagged line last.
func (w *wire) expect(command string, want ...string) {
	w.t.Helper()
	untagged, result := w.do(command)
	got := append(untagged, result)
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		w.t.Errorf("%s\ngot:\n  %s\nwant:\n  %s", command, strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func decimal(n uint32) string { return fmt.Sprint(n) }
