package relay

import (
	"net"
	"runtime"
	"testing"
	"time"

	"popbridge/tests/liars"
)

// TestWhatHasComeIsHeard: what a server has said before the end of a message is heard
// also where the time to wait for it is over before the read begins, as it may be on a
// busy machine: else the device is told to send again what the server then takes.
func TestWhatHasComeIsHeard(t *testing.T) {
	if runtime.GOOS != "linux" {
		return // others have no call for it, and only wait
	}
	nc, server := liars.Pair(t)
	w := &wire{Conn: nc, patience: time.Minute}
	if w.spoken(0) || w.err != nil {
		t.Errorf("a server that is silent has spoken: %q, %v", w.unread, w.err)
	}
	if _, err := server.Write([]byte("552 5.3.4 too large\r\n")); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); waiting(nc) == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("nothing has come")
		}
	}
	if !w.spoken(0) || string(w.unread) != "552 5.3.4 too large\r\n" {
		t.Errorf("not heard: %q, %v", w.unread, w.err)
	}
	w.unread = nil
	server.Close()
	for end := time.Now().Add(time.Minute); !w.spoken(early); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the end is not seen")
		}
	}
	one, other := net.Pipe()
	defer other.Close()
	if one.Close(); waiting(one) != 0 || waiting(nil) != 0 {
		t.Error("octets wait where there is no socket")
	}
}
