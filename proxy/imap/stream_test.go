package imap

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"testing"

	goimap "github.com/emersion/go-imap/v2"
)

// TestBodiesAcrossTheBuffer: bodies of a batch begin and end anywhere in what was read at once, and each is what the server has sent,
// however its octets come; with the last of them the connection holds no buffer any more.
func TestBodiesAcrossTheBuffer(t *testing.T) {
	sizes := []int{0, 1, readBuffer - 1, readBuffer, 3, streamBuffer - 1, streamBuffer, streamBuffer + 1, 5000, 0, 3*streamBuffer + 7, 2, 2}
	random := rand.New(rand.NewPCG(3501, 4))
	want := make([][]byte, len(sizes))
	uids := make([]goimap.UID, len(sizes))
	var text strings.Builder
	for i, size := range sizes {
		want[i], uids[i] = make([]byte, size), goimap.UID(i+1)
		for k := range want[i] {
			want[i][k] = byte(random.Uint32())
		}
		fmt.Fprintf(&text, "* %d FETCH (UID %d BODY[] {%d}\r\n%s)\r\n", i+1, i+1, size, want[i])
	}
	text.WriteString("A1 OK\r\n")
	for _, chunk := range []int{7, 1000, readBuffer, streamBuffer, streamBuffer + 1, 1 << 22} {
		nc := &repeating{recorded: recorded{data: []byte(greetedLine), chunk: chunk}, text: []byte(text.String())}
		c, err := New(ctx, net.Conn(nc), Options{})
		check(t, err)
		for i, b := range startBatch(t, c, uids...) {
			var got bytes.Buffer
			if n, err := b.CopyTo(ctx, &got); err != nil || n != int64(sizes[i]) || !bytes.Equal(got.Bytes(), want[i]) {
				t.Fatalf("in pieces of %d: a body of %d octets comes as %d, %v", chunk, sizes[i], n, err)
			}
		}
		if c.r.buf != nil {
			t.Errorf("in pieces of %d: a buffer of %d octets is kept with nothing in it", chunk, len(c.r.buf))
		}
	}
}

// greetedLine is a greeting.
const greetedLine = "* OK [CAPABILITY IMAP4rev1] hi\r\n"
