package pop3_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"popbridge/proxy/pop3"
)

// sink takes everything at no cost.
type sink struct{ wire }

func (*sink) Write(p []byte) (int, error) { return len(p), nil }

func BenchmarkBody(b *testing.B) {
	line := strings.Repeat("x", 76) + "\r\n"
	for _, size := range []int{8 << 10, 1 << 20} {
		for name, ending := range map[string]string{"CRLF": line, "bareLF": strings.ReplaceAll(line, "\r", "")} {
			message := bytes.Repeat([]byte(ending), size/len(ending))
			b.Run(fmt.Sprintf("%s/%dKB", name, size>>10), func(b *testing.B) {
				conn := pop3.NewConn(&sink{})
				b.SetBytes(int64(len(message)))
				b.ReportAllocs()
				for b.Loop() {
					body := conn.Body("")
					for rest := message; len(rest) > 0; {
						n := min(len(rest), 32<<10)
						if _, err := body.Write(rest[:n]); err != nil {
							b.Fatal(err)
						}
						rest = rest[n:]
					}
					if err := body.Commit(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

const listed = 100_000

func BenchmarkList(b *testing.B) {
	conn := pop3.NewConn(&sink{})
	b.ReportAllocs()
	for b.Loop() {
		lines := conn.Lines("")
		for n := range listed {
			lines.Number(n+1, int64(n)<<8)
		}
		if err := lines.Commit(); err != nil {
			b.Fatal(err)
		}
	}
}

func uidl(conn *pop3.Conn) error {
	lines := conn.Lines("")
	for n := range listed {
		lines.Append(n+1, func(dst []byte) []byte { return append(dst, "0000000a0000000b"...) })
	}
	return lines.Commit()
}

func BenchmarkUIDL(b *testing.B) {
	conn := pop3.NewConn(&sink{})
	b.ReportAllocs()
	for b.Loop() {
		if err := uidl(conn); err != nil {
			b.Fatal(err)
		}
	}
}

// A listing costs a few allocations in all, and none a line.
func TestListingsDoNotAllocateByLine(t *testing.T) {
	conn := pop3.NewConn(&sink{})
	if n := testing.AllocsPerRun(3, func() {
		if err := uidl(conn); err != nil {
			t.Error(err)
		}
	}); n > 20 {
		t.Errorf("%v allocations for %d lines", n, listed)
	}
}
