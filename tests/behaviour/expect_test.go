package behaviour_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
)

func digits(n int) string { return strconv.Itoa(n) }

func line(n, octets int) string { return fmt.Sprintf("%d %d", n, octets) }

func expect(t testing.TB, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %.300q, want %.300q", what, got, want)
	}
}

func expectLines(t testing.TB, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

// holds compares what a mailbox holds with what it should.
func (a *account) holds(t testing.TB, mailbox string, want ...imap.UID) {
	t.Helper()
	if got := a.w.UIDs(mailbox); !slices.Equal(got, want) {
		t.Errorf("%s holds UIDs %v, want %v", mailbox, got, want)
	}
}

// flagged compares the flags of a message in INBOX with what they should be.
func (a *account) flagged(t testing.TB, uid imap.UID, want ...imap.Flag) {
	t.Helper()
	if got := a.w.Flags("INBOX", uid); !slices.Equal(got, want) {
		t.Errorf("UID %d has flags %q, want %q", uid, got, want)
	}
}

// equalFold: keywords are case-insensitive, and Cyrus gives them as it first saw
// them (RFC 9051 §2.3.2).
func equalFold(a, b imap.Flag) bool { return strings.EqualFold(string(a), string(b)) }

// withDevice is the spelling with the device before the '@'.
func withDevice(login, device string) string {
	local, domain, _ := strings.Cut(login, "@")
	return local + "+" + device + "@" + domain
}
