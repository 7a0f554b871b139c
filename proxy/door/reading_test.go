package door

import (
	"io"
	"net"
	"runtime"
	"testing"
	"time"

	"popbridge/tests/liars"
)

// TestReading: what was acknowledged counts, and not what was sent.
func TestReading(t *testing.T) {
	type step struct {
		after  int // seconds
		unread int // below 0: cannot be told
		sent   int // 0: it is asked
		last   int // seconds, when it is asked
	}
	for name, steps := range map[string][]step{
		"nothing was sent yet":    {{after: 5, last: 5}},
		"all is read at once":     {{after: 1, last: 1}, {after: 1, unread: 0, sent: 100}, {after: 9, unread: 0, last: 9}},
		"nothing is read":         {{after: 1, last: 1}, {after: 1, unread: 100, sent: 100}, {after: 4, unread: 100, last: 1}, {after: 4, unread: 300, sent: 200}, {after: 60, unread: 300, last: 1}},
		"some is read in between": {{after: 1, last: 1}, {after: 1, unread: 100, sent: 100}, {after: 4, unread: 99, last: 4}, {after: 60, unread: 99, last: 4}},
		"some is read meanwhile":  {{after: 1, last: 1}, {after: 3, unread: 99, sent: 100}, {after: 60, unread: 99, last: 3}},
		"others send, too":        {{after: 1, last: 1}, {after: 2, unread: 50, last: 1}, {after: 3, unread: 40, last: 3}},
		"it begins to read again": {{after: 1, last: 1}, {after: 1, unread: 100, sent: 100}, {after: 50, unread: 100, last: 1}, {after: 51, unread: 0, last: 51}, {after: 52, unread: 70, sent: 70}, {after: 90, unread: 70, last: 51}},
		"cannot be told":          {{after: 1, unread: -1, last: 1}, {after: 2, unread: -1, sent: 100}, {after: 60, unread: -1, last: 60}},
	} {
		t.Run(name, func(t *testing.T) {
			begin, left := time.Unix(1_790_000_000, 0), 0
			r := &reading{unread: func() (int, bool) { return max(left, 0), left >= 0 }}
			for i, s := range steps {
				now := begin.Add(time.Duration(s.after) * time.Second)
				left = s.unread
				if s.sent > 0 {
					r.sent(now, s.sent)
				} else if got := r.since(now).Sub(begin); got != time.Duration(s.last)*time.Second {
					t.Errorf("step %d: it has last read after %v, want %d s", i, got, s.last)
				}
			}
		})
	}
}

// TestUnread: what the machine says of a connection whose other end does not read, and
// then does. Where it says nothing, nothing is believed.
func TestUnread(t *testing.T) {
	device, nc := liars.Pair(t)
	defer nc.Close()
	if _, ok := unread(nc); !ok {
		if runtime.GOOS == "linux" {
			t.Error("Linux does not tell")
		}
		return // others have no call for it, and nothing is believed there
	}
	sent := 0
	for left := 0; left < 256<<10; { // more than the other end's buffers take
		n, err := nc.Write(make([]byte, 64<<10))
		if err != nil {
			t.Fatal(err)
		}
		sent += n
		left, _ = unread(nc)
	}
	if _, err := io.CopyN(io.Discard, device, int64(sent)); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		if left, ok := unread(nc); ok && left == 0 {
			break
		}
		if time.Now().After(end) {
			t.Fatal("all is read, and some is not acknowledged")
		}
	}
	one, other := net.Pipe()
	defer one.Close()
	defer other.Close()
	if n, ok := unread(one); ok {
		t.Errorf("a pipe has %d octets that are unread", n)
	}
	nc.Close()
	if n, ok := unread(nc); ok {
		t.Errorf("a closed connection has %d octets that are unread", n)
	}
}
