package imap

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
)

const listed = 100_000

// repeating is a connection whose server says the greeting first, and text each time the client has sent a command.
type repeating struct {
	recorded
	text []byte
}

func (r *repeating) Write(p []byte) (int, error) {
	r.data = r.text
	return len(p), nil
}

func repeated(tb testing.TB, o Options, text string) *Conn {
	tb.Helper()
	nc := &repeating{recorded: recorded{data: []byte("* OK [CAPABILITY IMAP4rev1] hi\r\n"), chunk: 1 << 20}, text: []byte(text)}
	c, err := New(ctx, net.Conn(nc), o)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

func listing100k() string {
	var b strings.Builder
	fmt.Fprintf(&b, "* %d EXISTS\r\n", listed)
	for i := 1; i <= listed; i++ {
		fmt.Fprintf(&b, "* %d FETCH (UID %d FLAGS (\\Seen $Forwarded) RFC822.SIZE %d)\r\n", i, 3*i, 1000+i%50000)
	}
	return b.String() + "A1 OK Fetch completed.\r\n"
}

// BenchmarkFetchList lists 100,000 messages with UID, FLAGS and RFC822.SIZE. It must not allocate for each message.
func BenchmarkFetchList(b *testing.B) {
	text := listing100k()
	c := repeated(b, Options{}, text)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		c.tags = 0
		n := 0
		err := c.Fetch(ctx, from(1), Items{Flags: true, Size: true}, func(m *Message) error { n++; return nil })
		if err != nil || n != listed {
			b.Fatalf("%d messages, %v", n, err)
		}
	}
}

// TestListingDoesNotAllocate holds the benchmark's promise.
func TestListingDoesNotAllocate(t *testing.T) {
	c := repeated(t, Options{}, listing100k())
	n := testing.AllocsPerRun(2, func() {
		c.tags = 0
		check(t, c.Fetch(ctx, from(1), Items{Flags: true, Size: true}, func(*Message) error { return nil }))
	})
	if n > 100 {
		t.Errorf("%.0f allocations for %d messages", n, listed)
	}
}

// BenchmarkBody streams a message of 26 MB.
func BenchmarkBody(b *testing.B) {
	const size = 26 << 20
	c := repeated(b, Options{}, fmt.Sprintf("* 1 FETCH (UID 7 BODY[] {%d}\r\n%s)\r\nA1 OK\r\n", size, strings.Repeat("x", size)))
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		c.tags = 0
		body, err := c.StartBody(ctx, 7, Section{})
		if err != nil {
			b.Fatal(err)
		}
		if n, err := body.CopyTo(ctx, io.Discard); n != size || err != nil {
			b.Fatal(n, err)
		}
	}
}
