package imap

import (
	"fmt"
	"strings"
	"testing"

	goimap "github.com/emersion/go-imap/v2"
)

// TestAttributesAreKeptWithinBounds: the attributes of mailboxes count like their
// names. A server may not fill memory with the one where it cannot with the other.
func TestAttributesAreKeptWithinBounds(t *testing.T) {
	line := "S: * LIST (" + strings.Repeat(`\x`+strings.Repeat("y", 1000)+" ", 60) + `\x) "/" b` + "\n"
	c := dial(t, Options{}, greeted+"C: A1 LIST \"\" \"*\"\n"+strings.Repeat(line, 300)+"S: A1 OK")
	_, err := c.List(ctx, "", "*", ListOptions{})
	wantBroken(t, c, err)
}

// TestCopyUIDIsBounded: a server names the copies of the messages that it was
// asked to copy. What it names beyond what anybody asked for is not kept, and it
// may not go on for ever.
func TestCopyUIDIsBounded(t *testing.T) {
	ranges := func(n int) string {
		var uids []string
		for i := range n {
			uids = append(uids, fmt.Sprint(1+2*i))
		}
		return strings.Join(uids, ",")
	}
	script := func(n int) string {
		return greeted + "C: A1 UID COPY 1 \"x\"\nS: A1 OK [COPYUID 8 " + ranges(n) + " " + ranges(n) + "] done"
	}
	c := dial(t, Options{MaxNumbers: 100}, script(20_000))
	_, err := c.Copy(ctx, goimap.UIDSetNum(1), "x")
	wantBroken(t, c, err)
	for _, n := range []int{51, 101} {
		c = dial(t, Options{MaxNumbers: 100}, script(n))
		if got, err := c.Copy(ctx, goimap.UIDSetNum(1), "x"); err != nil || len(got.Source)+len(got.Dest) > 0 {
			t.Errorf("%d ranges: %+v, %v", n, got, err)
		}
	}
	c = dial(t, Options{MaxNumbers: 100}, script(50))
	got, err := c.Copy(ctx, goimap.UIDSetNum(1), "x")
	if err != nil || len(got.Dest) != 50 {
		t.Errorf("what is within bounds: %+v, %v", got, err)
	}
}
