package imap

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	goimap "github.com/emersion/go-imap/v2"
)

var (
	anyDate = time.Date(2026, 2, 3, 4, 5, 6, 0, time.FixedZone("", -5400))
	noDate  time.Time
)

const asked1 = greeted + "C: A1 UID FETCH 7 (UID BODY.PEEK[])\n"

func start(t *testing.T, c *Conn, uid goimap.UID, s Section) *Body {
	t.Helper()
	b, err := c.StartBody(ctx, uid, s)
	check(t, err)
	return b
}

func wantBody(t *testing.T, b *Body, want string) {
	t.Helper()
	var got bytes.Buffer
	n, err := b.CopyTo(ctx, &got)
	if err != nil || got.String() != want || n != int64(len(want)) {
		t.Errorf("CopyTo: %d octets %q, error %v; want %q", n, got.String(), err, want)
	}
}

// TestBodyForms: each way in which a server may write the value.
func TestBodyForms(t *testing.T) {
	for name, response := range map[string]string{
		"literal":           `* 1 FETCH (UID 7 BODY[] {5}\r\na)b\r\n)\r\n`,
		"literal8":          `* 1 FETCH (UID 7 BODY[] ~{5}\r\na)b\r\n)\r\n`,
		"quoted":            `* 1 FETCH (UID 7 BODY[] \"a)b\\\"\\\\\")\r\n`,
		"UID behind":        `* 1 FETCH (BODY[] {5}\r\na)b\r\n UID 7)\r\n`,
		"quoted UID behind": `* 1 FETCH (BODY[] \"a)b\\\"\\\\\" UID 7)\r\n`,
		"lower case":        `* 1 fetch (uid 7 body[] {5}\r\na)b\r\n)\r\n`,
		"more attributes":   `* 1 FETCH (FLAGS (\\Seen x]) X-GM-LABELS (\"a\" {1}\r\n) b[1]) UID 7 ENVELOPE ((NIL (NIL))) BODY[] {5}\r\na)b\r\n RFC822.SIZE 5 BINARY.SIZE[1] 3 EMAILID (M1) X[a \"]\"]<0> \"z\")\r\n`,
		"other message":     `* 2 FETCH (UID 8 BODY[] {2}\r\nno)\r\n* 1 FETCH (UID 7 BODY[] {5}\r\na)b\r\n)\r\n`,
		"other section":     `* 1 FETCH (UID 7 BODY[TEXT] {2}\r\nno BODY[] {5}\r\na)b\r\n)\r\n`,
		"flags before":      `* 1 FETCH (UID 7 FLAGS (\\Seen))\r\n* 1 FETCH (UID 7 BODY[] {5}\r\na)b\r\n)\r\n`,
		"news in between":   `* 5 EXISTS\r\n* 2 EXPUNGE\r\n* NO careful\r\n* X-NEW (\"{3}\" {3}\r\n)\r\nfoo) bar\r\n* 1 FETCH (UID 7 BODY[] {5}\r\na)b\r\n)\r\n* BAD hm\r\n`,
	} {
		t.Run(name, func(t *testing.T) {
			want := "a)b\r\n"
			if strings.Contains(name, "quoted") {
				want = `a)b"\`
			}
			c := dial(t, Options{}, asked1+"s: "+response+"\nS: A1 OK\nC: A2 NOOP\nS: A2 OK")
			wantBody(t, start(t, c, 7, Section{}), want)
			check(t, c.Noop(ctx))
		})
	}
}

func TestNoBody(t *testing.T) {
	for name, response := range map[string]string{
		"gone":            "S: A1 OK",
		"NIL":             "S: * 1 FETCH (UID 7 BODY[] NIL)\nS: A1 OK",
		"another message": "S: * 1 FETCH (UID 8 BODY[] {1}\nS: x)\nS: A1 OK",
		"flags only":      "S: * 1 FETCH (UID 7 FLAGS ())\nS: A1 OK",
		"another part":    "S: * 1 FETCH (UID 7 BODY[TEXT] {1}\nS: x)\nS: A1 OK",
		"a cut-out":       "S: * 1 FETCH (UID 7 BODY[]<5> {1}\nS: x)\nS: A1 OK",
	} {
		t.Run(name, func(t *testing.T) {
			c := dial(t, Options{}, asked1+response+"\nC: A2 NOOP\nS: A2 OK")
			if n, err := start(t, c, 7, Section{}).CopyTo(ctx, io.Discard); n != 0 || !errors.Is(err, ErrNoBody) {
				t.Errorf("%d octets, error %v", n, err)
			}
			check(t, c.Noop(ctx))
		})
	}
	c := dial(t, Options{}, asked1+"S: * 1 FETCH (UID 7 BODY[] {1}\nS: x)\nS: A1 NO [SERVERBUG] no")
	_, err := start(t, c, 7, Section{}).CopyTo(ctx, io.Discard)
	wantStatus(t, err, "NO", "SERVERBUG")
	c = dial(t, Options{}, asked1+"S: * 1 FETCH (BODY[] {1}\nS: x UID 8)\nS: A1 OK")
	_, err = start(t, c, 7, Section{}).CopyTo(ctx, io.Discard)
	wantBroken(t, c, err)
}

// TestCutAnywhere: wherever the connection ends, and whatever was announced, a body that is not whole is an error.
func TestCutAnywhere(t *testing.T) {
	answer := "* 1 FETCH (UID 7 BODY[] {9}\r\nA1 OK\r\n)x UID 7)\r\nA1 OK done\r\n"
	for i := range answer {
		c := dial(t, Options{}, asked1+fmt.Sprintf("s: %s\nCUT", strings.NewReplacer("\r", `\r`, "\n", `\n`).Replace(answer[:i])))
		b := start(t, c, 7, Section{})
		if n, err := b.CopyTo(ctx, io.Discard); err == nil || errors.Is(err, ErrNoBody) || c.Err() == nil {
			t.Errorf("cut at %d: %d octets, error %v, sticky %v", i, n, err, c.Err())
		}
		if err := c.Noop(ctx); err == nil {
			t.Errorf("cut at %d: the connection goes on", i)
		}
	}
	c := dial(t, Options{}, asked1+"S: * 1 FETCH (UID 7 BODY[] {5}\nS: longer than five)\nS: A1 OK")
	_, err := start(t, c, 7, Section{}).CopyTo(ctx, io.Discard)
	wantBroken(t, c, err)
}

// TestTwoBodies: answers come in any order, interleaved with the tagged lines, and each goes to the one who asked.
func TestTwoBodies(t *testing.T) {
	a, b := `* 1 FETCH (UID 7 BODY[] {3}\r\naaa)\r\n`, `* 2 FETCH (UID 8 BODY[] {4}\r\nbbbb)\r\n`
	aLast, bLast := `* 1 FETCH (BODY[] {3}\r\naaa UID 7)\r\n`, `* 2 FETCH (BODY[] {4}\r\nbbbb UID 8)\r\n`
	okA, okB := `A1 OK\r\n`, `A2 OK\r\n`
	for name, answer := range map[string]string{
		"in order":            a + okA + b + okB,
		"data first":          a + b + okA + okB,
		"data reversed":       b + a + okA + okB,
		"all reversed":        b + okB + a + okA,
		"tags reversed":       a + b + okB + okA,
		"UID behind":          aLast + okA + bLast + okB,
		"UID behind reversed": bLast + aLast + okB + okA,
	} {
		for _, firstA := range []bool{true, false} {
			t.Run(fmt.Sprint(name, firstA), func(t *testing.T) {
				c := dial(t, Options{}, asked1+"C: A2 UID FETCH 8 (UID BODY.PEEK[])\ns: "+answer+"\nC: A3 NOOP\nS: A3 OK")
				x, y := start(t, c, 7, Section{}), start(t, c, 8, Section{})
				begins(t, x, 3)
				if firstA {
					wantBody(t, x, "aaa")
					wantBody(t, y, "bbbb")
				} else {
					wantBody(t, y, "bbbb")
					wantBody(t, x, "aaa")
				}
				check(t, c.Noop(ctx))
				if c.held != 0 || len(c.pending) != 0 {
					t.Errorf("%d octets held, %d commands pending", c.held, len(c.pending))
				}
			})
		}
	}
}

// TestRefusalBelongsToItsTag: the BAD to one command in flight says nothing of the other.
func TestRefusalBelongsToItsTag(t *testing.T) {
	c := dial(t, Options{}, asked1+"C: A2 UID FETCH 8 (UID BODY.PEEK[])\nS: A1 BAD no\nS: * 2 FETCH (UID 8 BODY[] {1}\nS: x)\nS: A2 OK")
	x, y := start(t, c, 7, Section{}), start(t, c, 8, Section{})
	_, err := x.CopyTo(ctx, io.Discard)
	wantStatus(t, err, "BAD", "")
	wantBody(t, y, "x")
}

func TestBeforeItsTurn(t *testing.T) {
	c := dial(t, Options{MaxBuffered: 3}, asked1+"C: A2 UID FETCH 8 (UID BODY.PEEK[])\nS: * 2 FETCH (UID 8 BODY[] {4}\nS: bbbb)")
	x := start(t, c, 7, Section{})
	start(t, c, 8, Section{})
	if n, err := x.CopyTo(ctx, io.Discard); err == nil || n != 0 || !strings.Contains(err.Error(), "before its turn") || c.Err() == nil {
		t.Errorf("%d octets, error %v", n, err)
	}
}

func TestSections(t *testing.T) {
	script := greeted + `
	C: A1 UID FETCH 7 (UID BODY.PEEK[HEADER]<0.4>)
	S: * 1 FETCH (UID 7 BODY[HEADER]<0> {2}
	S: ab)
	S: A1 OK
	C: A2 UID FETCH 7 (UID BODY.PEEK[TEXT]<10.2>)
	S: * 1 FETCH (UID 7 BODY[TEXT]<10> "cd")
	S: A2 OK
	C: A3 UID FETCH 7 (UID BODY.PEEK[]<0.2>)
	S: * 1 FETCH (UID 7 BODY[] {3}
	S: abc)
	S: A3 OK
	C: A4 UID FETCH 7 (UID BODY.PEEK[]<0.2>)
	S: * 1 FETCH (UID 7 BODY[]<0> "abc")
	S: A4 OK`
	c := dial(t, Options{}, script)
	wantBody(t, start(t, c, 7, Section{Specifier: "header", Length: 4}), "ab")
	wantBody(t, start(t, c, 7, Section{Specifier: "TEXT", Offset: 10, Length: 2}), "cd")
	if c.Generous() {
		t.Error("the server is taken for one that gives more than was asked for")
	}
	wantBody(t, start(t, c, 7, Section{Length: 2}), "abc")
	wantBody(t, start(t, c, 7, Section{Length: 2}), "abc")
	if !c.Generous() {
		t.Error("it went unnoticed that the server gives more than was asked for")
	}
	for _, s := range []Section{{Offset: 1}, {Length: -1}, {Offset: -1, Length: 1}} {
		if _, err := dial(t, Options{}, greeted).StartBody(ctx, 7, s); err == nil {
			t.Errorf("%+v is accepted", s)
		}
	}
}

type failing struct{ after int }

func (f *failing) Write(p []byte) (int, error) {
	if f.after -= len(p); f.after < 0 {
		return 0, io.ErrShortBuffer
	}
	return len(p), nil
}

// TestWriterFails: the device's error is told from the upstream's, and the rest of the body is read only if it is small.
func TestWriterFails(t *testing.T) {
	for _, size := range []int{10, 60 << 10, 200 << 10} {
		c := dial(t, Options{}, asked1+fmt.Sprintf("S: * 1 FETCH (UID 7 BODY[] {%d}\ns: %s)\\r\\nA1 OK\\r\\n\nC: A2 NOOP\nS: A2 OK", size, strings.Repeat("x", size)))
		b := start(t, c, 7, Section{})
		_, err := b.CopyTo(ctx, &failing{after: 5})
		var w *WriterError
		if !errors.As(err, &w) || !errors.Is(err, io.ErrShortBuffer) || c.Err() != nil {
			t.Fatalf("error %v, sticky %v", err, c.Err())
		}
		err = b.Discard(ctx)
		if size < 100<<10 {
			check(t, err)
			check(t, c.Noop(ctx))
		} else if err == nil || c.Err() == nil {
			t.Errorf("%d octets were drained", size)
		}
	}
}

// TestForgottenBody: a caller that goes on behind a failed writer without Discard leaves nothing in memory.
func TestForgottenBody(t *testing.T) {
	c := dial(t, Options{}, asked1+"s: * 1 FETCH (UID 7 BODY[] {40000}\\r\\n"+strings.Repeat("x", 40000)+")\\r\\nA1 OK\\r\\n\nC: A2 NOOP\nS: A2 OK")
	if _, err := start(t, c, 7, Section{}).CopyTo(ctx, &failing{}); err == nil {
		t.Error("no error")
	}
	// A pipe has no room for what the server still wants to say.
	for len(c.pending) > 0 {
		check(t, c.step(nil))
	}
	check(t, c.Noop(ctx))
	if c.held != 0 {
		t.Errorf("%d octets held", c.held)
	}
}

func TestDiscard(t *testing.T) {
	c := dial(t, Options{}, asked1+"C: A2 UID FETCH 8 (UID BODY.PEEK[])\ns: * 2 FETCH (UID 8 BODY[] {1}\\r\\nb)\\r\\n* 1 FETCH (UID 7 BODY[] {1}\\r\\na)\\r\\nA2 OK\\r\\nA1 OK\\r\\n\nC: A3 NOOP\nS: A3 OK")
	x, y := start(t, c, 7, Section{}), start(t, c, 8, Section{})
	begins(t, x, 1)
	check(t, y.Discard(ctx)) // held by now
	check(t, x.Discard(ctx))
	check(t, c.Noop(ctx))
	if _, err := x.CopyTo(ctx, io.Discard); !errors.Is(err, errTaken) {
		t.Errorf("error %v", err)
	}
	if c.held != 0 {
		t.Errorf("%d octets held", c.held)
	}
}

func TestBodyTooLarge(t *testing.T) {
	c := dial(t, Options{MaxBody: 10}, asked1+"S: * 1 FETCH (UID 7 BODY[] {11}")
	n, err := start(t, c, 7, Section{}).CopyTo(ctx, io.Discard)
	if n != 0 {
		t.Errorf("%d octets", n)
	}
	wantBroken(t, c, err)
}

// timed notes for how long each read may wait, and until when.
type timed struct {
	repeating
	patience []time.Duration
	ends     []time.Time
}

func (c *timed) SetReadDeadline(end time.Time) error {
	c.patience, c.ends = append(c.patience, time.Until(end)), append(c.ends, end)
	return nil
}

// TestSlowDevice: within a body each read has its own deadline, counted from when it begins, and no other. So the time that
// the writer takes counts against no timeout.
func TestSlowDevice(t *testing.T) {
	const size = 300 << 10
	nc := &timed{repeating: repeating{recorded: recorded{data: []byte("* OK [CAPABILITY IMAP4rev1] hi\r\n"), chunk: 32 << 10}}}
	nc.text = fmt.Appendf(nil, "* 1 FETCH (UID 7 BODY[] {%d}\r\n%s)\r\nA1 OK\r\n", size, strings.Repeat("x", size))
	c, err := New(ctx, nc, Options{Timeout: time.Hour, CommandTimeout: time.Nanosecond})
	check(t, err)
	b := start(t, c, 7, Section{})
	begins(t, b, size)
	nc.patience, nc.ends = nil, nil
	n, err := b.CopyTo(ctx, writerFunc(func(p []byte) (int, error) { time.Sleep(time.Millisecond); return len(p), nil }))
	if n != size || err != nil || len(nc.ends) < 8 {
		t.Fatalf("%d octets in %d reads, error %v", n, len(nc.ends), err)
	}
	for i := range 8 {
		if nc.patience[i] < time.Minute || i > 0 && !nc.ends[i].After(nc.ends[i-1]) {
			t.Errorf("read %d may wait %v, until %v", i, nc.patience[i], nc.ends[i])
		}
	}
}

// TestHeadersTakeTheirTime: a listing with header fields has no overall deadline, one without has.
func TestHeadersTakeTheirTime(t *testing.T) {
	for fields, want := range map[string]bool{"": false, "Date": true} {
		nc := &timed{repeating: repeating{recorded: recorded{data: []byte("* OK [CAPABILITY IMAP4rev1] hi\r\n"), chunk: 1 << 20}, text: []byte("A1 OK\r\n")}}
		c, err := New(ctx, nc, Options{Timeout: time.Hour, CommandTimeout: time.Nanosecond})
		check(t, err)
		nc.patience = nil
		check(t, c.Fetch(ctx, from(1), Items{HeaderFields: strings.Fields(fields)}, nil))
		if got := nc.patience[0] > time.Minute; got != want {
			t.Errorf("with fields %q the read may wait %v", fields, nc.patience[0])
		}
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// TestInterrupted: a context that ends, or Close, interrupts a wait in the middle of a body.
func TestInterrupted(t *testing.T) {
	stalled := asked1 + "s: * 1 FETCH (UID 7 BODY[] {5}\\r\\nab"
	t.Run("context", func(t *testing.T) {
		c := dial(t, Options{}, stalled)
		ctx, cancel := context.WithCancel(ctx)
		b := start(t, c, 7, Section{})
		_, err := b.CopyTo(ctx, writerFunc(func(p []byte) (int, error) { cancel(); return len(p), nil }))
		if !errors.Is(err, context.Canceled) || !errors.Is(c.Noop(context.Background()), context.Canceled) {
			t.Errorf("error %v, sticky %v", err, c.Err())
		}
	})
	t.Run("context, and what came first was there already", func(t *testing.T) {
		c := dial(t, Options{}, stalled)
		ctx, cancel := context.WithCancel(ctx)
		b := start(t, c, 7, Section{})
		begins(t, b, 5)
		_, err := b.CopyTo(ctx, writerFunc(func(p []byte) (int, error) { cancel(); return len(p), nil }))
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("context of a call that is over", func(t *testing.T) {
		c := dial(t, Options{}, greeted+"C: A1 NOOP\nS: A1 OK\nC: A2 NOOP\nS: A2 OK")
		earlier, cancel := context.WithCancel(ctx)
		check(t, c.Noop(earlier))
		if c.unwatch != nil || c.unwatched != nil {
			t.Error("it is still watched")
		}
		cancel()
		check(t, c.Noop(ctx))
	})
	t.Run("close", func(t *testing.T) {
		c := dial(t, Options{}, stalled)
		_, err := start(t, c, 7, Section{}).CopyTo(ctx, writerFunc(func(p []byte) (int, error) { go c.Close(); return len(p), nil }))
		if !errors.Is(err, ErrClosed) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("before it began", func(t *testing.T) {
		c := dial(t, Options{}, greeted+"C: A1 NOOP\nS: A1 OK")
		ended, cancel := context.WithCancel(ctx)
		cancel()
		if err := c.Noop(ended); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
		check(t, c.Noop(ctx))
	})
	t.Run("timeout", func(t *testing.T) {
		c := dial(t, Options{}, stalled)
		b := start(t, c, 7, Section{})
		c.o.Timeout = 50 * time.Millisecond
		_, err := b.CopyTo(ctx, io.Discard)
		if err == nil || !strings.Contains(err.Error(), "no octet from the server for 50ms") {
			t.Errorf("error %v", err)
		}
	})
}
