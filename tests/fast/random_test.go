package fast

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"popbridge/tests/bridge"
	"popbridge/tests/liars"
)

// TestRandomSessions plays several sessions at a time on one account, which do
// what comes to mind, mostly in order, while the upstream is cut at random, with
// reuse and reading ahead on and off. Every message that a device gets is octet
// for octet the right one, and what is broken off is a beginning of it.
func TestRandomSessions(t *testing.T) {
	for i, mode := range []config{
		{reuse: "1h", prefetch: "1MB"}, {reuse: "1h", prefetch: "0"}, {reuse: "0s", prefetch: "1MB"}, {reuse: "0s", prefetch: "0"},
	} {
		t.Run("reuse "+mode.reuse+" prefetch "+mode.prefetch, func(t *testing.T) {
			t.Parallel()
			r := &play{random: rand.New(rand.NewPCG(1939, uint64(i))), server: liars.New(t, liars.Options{Caps: []string{"UIDPLUS"}}), texts: make(map[uint32]string)}
			r.fill(40)
			mode.address = r.server.Address()
			r.bridge = start(t, mode)
			sessions := make([]*visit, 4)
			for step := 0; step < 1500 || step < 15_000 && !r.tested(); step++ {
				r.disturb()
				n := r.random.IntN(len(sessions))
				if sessions[n] == nil {
					sessions[n] = r.visit(t)
				} else if !r.step(t, sessions[n]) {
					sessions[n] = nil
				}
				if t.Failed() {
					t.Logf("session %d said %q", n, r.said)
					return
				}
			}
			r.server.CutAfter()
			if !r.tested() {
				t.Errorf("%d messages came whole, %d were refused, %d were broken off: the test has not tested what it should", r.whole, r.refused, r.broken)
			}
			for _, v := range sessions {
				if v != nil {
					_ = v.nc.Close()
				}
			}
			poll(t, r.bridge, "alice")
		})
	}
}

// tested reports whether what the test is about has come up.
func (r *play) tested() bool { return r.whole >= 300 && r.refused > 0 && r.broken > 0 }

// play is one account with what it holds and held.
type play struct {
	random *rand.Rand
	server *liars.Server
	bridge *bridge.Bridge
	texts  map[uint32]string // by UID, for ever
	said   []string          // by the session whose turn it is

	whole, refused, broken int
}

// visit is one session.
type visit struct {
	*device
	uids   []uint32
	marked map[int]bool
	next   int // where it goes on in order
	said   []string
}

func (r *play) fill(n int) {
	r.server.Mail(func(m *liars.Mail) {
		inbox := m.Inbox()
		for len(inbox.Messages) < n {
			lines := r.random.IntN(60)
			if r.random.IntN(10) == 0 {
				lines = r.random.IntN(3000)
			}
			inbox.Add(fmt.Sprintf("Subject: %d\r\n\r\n.%d\r\n%s", inbox.UIDNext, inbox.UIDNext, strings.Repeat("..line of a message\r\n.\r\n", lines)))
		}
		for _, msg := range inbox.Messages {
			r.texts[msg.UID] = msg.Text
		}
	})
}

// disturb is what happens to the upstream between two commands.
func (r *play) disturb() {
	switch r.random.IntN(40) {
	case 0:
		r.server.Hangup()
	case 1, 2, 3:
		r.server.CutAfter(r.random.IntN(20_000))
	case 4:
		r.server.CutAfter(r.random.IntN(8000), r.random.IntN(500))
	case 5:
		r.fill(40)
	case 6, 7, 8, 9, 10, 11:
		r.server.CutAfter()
	}
}

func (r *play) visit(t *testing.T) *visit {
	v := &visit{device: dial(t, r.bridge), marked: make(map[int]bool)}
	v.ask("USER alice")
	if status, _, _ := v.ask("PASS " + liars.Password); !strings.HasPrefix(status, "+OK") {
		if !strings.HasPrefix(status, "-ERR [SYS/TEMP]") {
			t.Errorf("the login was answered with %q", status)
		}
		return nil
	}
	_, listing, whole := v.ask("UIDL")
	for line := range strings.Lines(listing) {
		var n int
		var uid, validity uint32
		if _, err := fmt.Sscanf(line, "%d %08x%08x", &n, &uid, &validity); err != nil || n != len(v.uids)+1 || r.texts[uid] == "" {
			t.Errorf("UIDL has the line %q: %v", line, err)
		}
		v.uids = append(v.uids, uid)
	}
	if !whole || len(v.uids) == 0 {
		t.Errorf("UIDL: %q", listing)
		return nil
	}
	v.next = 1 + r.random.IntN(len(v.uids))
	return v
}

// step is one command; false: the session is over.
func (r *play) step(t *testing.T, v *visit) bool {
	if v.next > len(v.uids) {
		v.next = 1
	}
	n := v.next
	command := ""
	switch what := r.random.IntN(40); {
	case what < 25:
		command = fmt.Sprintf("RETR %d", n)
		v.next++
	case what < 29:
		command = fmt.Sprintf("TOP %d %d", n, []int{0, 0, 3, 99999999}[r.random.IntN(4)])
		v.next++
	case what < 30:
		v.next = 1 + r.random.IntN(len(v.uids))
		return true
	case what < 32:
		command = fmt.Sprintf("DELE %d", 1+r.random.IntN(len(v.uids)))
	case what < 33:
		command = "RSET"
	case what < 35:
		command = "NOOP"
	case what < 37:
		command = fmt.Sprintf("LIST %d", n)
	case what < 38:
		command = "STAT"
	default:
		command = "QUIT"
	}
	v.said = append(v.said, command)
	r.said = v.said
	status, body, whole := v.ask(command)
	verb, _, _ := strings.Cut(command, " ")
	switch {
	case verb == "RETR" || verb == "TOP":
		r.judge(t, v, command, n, status, body, whole)
	case verb == "QUIT":
		if status == "" || !strings.HasPrefix(status, "+OK") && !strings.HasPrefix(status, "-ERR [SYS/TEMP]") {
			t.Errorf("QUIT was answered with %q", status)
		}
		return false
	case verb == "DELE" && strings.HasPrefix(status, "+OK"):
		var marked int
		_, _ = fmt.Sscanf(command, "DELE %d", &marked)
		v.marked[marked] = true
	case verb == "RSET":
		clear(v.marked)
	case verb != "DELE" && !strings.HasPrefix(status, "+OK") && !v.marked[n]:
		t.Errorf("%s was answered with %q", command, status)
	}
	return whole
}

// judge compares what came with what the message is.
func (r *play) judge(t *testing.T, v *visit, command string, n int, status, body string, whole bool) {
	t.Helper()
	want := r.texts[v.uids[n-1]]
	var lines int
	if _, err := fmt.Sscanf(command, "TOP %d %d", new(int), &lines); err == nil {
		head, rest, _ := strings.Cut(want, "\r\n\r\n")
		all := strings.SplitAfter(rest, "\r\n")
		want = head + "\r\n\r\n" + strings.Join(all[:min(lines, len(all))], "")
	}
	switch {
	case strings.HasPrefix(status, "-ERR"):
		r.refused++
	case whole && body == want:
		r.whole++
	case !whole && strings.HasPrefix(want, body):
		r.broken++
	default:
		t.Errorf("%s: whole: %v, %d octets, want %d; it begins with %.60q, want %.60q", command, whole, len(body), len(want), body, want)
	}
}
