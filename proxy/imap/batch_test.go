package imap

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	goimap "github.com/emersion/go-imap/v2"
)

const asked789 = greeted + "C: A1 UID FETCH 7:9 (UID BODY.PEEK[])\n"

func startBatch(t *testing.T, c *Conn, uids ...goimap.UID) []*Body {
	t.Helper()
	bodies, err := c.StartBodies(ctx, uids, Section{})
	check(t, err)
	return bodies
}

func TestBatch(t *testing.T) {
	a, b, c3 := `* 1 FETCH (UID 7 BODY[] {3}\r\naaa)\r\n`, `* 2 FETCH (UID 8 BODY[] {4}\r\nbbbb)\r\n`, `* 3 FETCH (UID 9 BODY[] "c")\r\n`
	c3 = strings.ReplaceAll(c3, `"`, `\"`)
	late := `* 2 FETCH (BODY[] {4}\r\nbbbb UID 8)\r\n`
	for name, answer := range map[string]string{
		"in order":   a + b + c3,
		"reversed":   c3 + b + a,
		"mixed":      b + a + c3,
		"UID behind": a + late + c3,
		"twice":      a + b + a + c3,
		"with news":  a + `* 2 FETCH (UID 8 FLAGS (\\Seen))\r\n* 9 EXISTS\r\n` + b + c3,
		"a stranger": a + `* 5 FETCH (UID 12 BODY[] {1}\r\nx)\r\n` + b + c3,
	} {
		t.Run(name, func(t *testing.T) {
			c := dial(t, Options{}, asked789+"s: "+answer+"A1 OK\\r\\n\nC: A2 NOOP\nS: A2 OK")
			bodies := startBatch(t, c, 7, 8, 9)
			for i, want := range []string{"aaa", "bbbb", "c"} {
				wantBody(t, bodies[i], want)
			}
			check(t, c.Noop(ctx))
			if c.held != 0 || len(c.pending) != 0 {
				t.Errorf("%d octets held, %d commands pending", c.held, len(c.pending))
			}
			if late := name == "UID behind"; c.Late() != late {
				t.Errorf("late is %v", !late)
			}
		})
	}
}

// TestSetOfABatch names what was asked for and nothing between.
func TestSetOfABatch(t *testing.T) {
	c := dial(t, Options{}, greeted+"C: A1 UID FETCH 3,5:7,4294967295 (UID BODY.PEEK[]<0.10>)\nS: A1 OK")
	bodies, err := c.StartBodies(ctx, []goimap.UID{7, 3, 5, 6, 4294967295}, Section{Length: 10})
	check(t, err)
	if _, err := bodies[2].CopyTo(ctx, io.Discard); !errors.Is(err, ErrNoBody) {
		t.Errorf("error %v", err)
	}
	many := make([]goimap.UID, 2000)
	for i := range many {
		many[i] = goimap.UID(4_000_000_000 + 2*i)
	}
	for _, uids := range [][]goimap.UID{nil, {0}, {7, 0}, many} {
		if _, err := c.StartBodies(ctx, uids, Section{}); err == nil || c.Err() != nil {
			t.Errorf("%d messages: error %v, sticky %v", len(uids), err, c.Err())
		}
	}
}

// TestConfirmed: what the server says, or does, behind the second of three bodies decides about that one and not about the first.
func TestConfirmed(t *testing.T) {
	two := `* 1 FETCH (UID 7 BODY[] {3}\r\naaa)\r\n* 2 FETCH (UID 8 BODY[] {4}\r\nbbbb)\r\n`
	for name, tc := range map[string]struct {
		behind string // what follows two bodies of three
		second string // the error of the second: "", "NO", "broken"
		third  string // the error of the third: "no body", "NO", "broken"
	}{
		"OK":                 {"s: A1 OK\\r\\n", "", "no body"},
		"NO":                 {"s: A1 NO [SERVERBUG] no\\r\\n", "", "NO"},
		"BAD":                {"s: A1 BAD no\\r\\n", "", "NO"},
		"the third, then NO": {`s: * 3 FETCH (UID 9 BODY[] {1}\r\nc)\r\nA1 NO no\r\n`, "", "NO"},
		"half of the third":  {`s: * 3 FETCH (UID 9 BODY[] {3}\r\nc` + "\nCUT", "", "broken"},
		"BYE":                {"s: * BYE I cannot read the third\\r\\n\nCUT", "", "broken"},
		"cut":                {"CUT", "", "broken"},
		"nonsense":           {"s: what\\r\\n\nCUT", "broken", "broken"},
		"a tag of nobody":    {"s: A9 OK\\r\\n\nCUT", "broken", "broken"},
		"NIL for the third":  {`s: * 3 FETCH (UID 9 BODY[] NIL)\r\nA1 OK\r\n`, "", "no body"},
		"NIL, then refused":  {`s: * 3 FETCH (UID 9 BODY[] NIL)\r\nA1 NO no\r\n`, "", "NO"},
	} {
		t.Run(name, func(t *testing.T) {
			c := dial(t, Options{}, asked789+"s: "+two+"\n"+tc.behind)
			bodies := startBatch(t, c, 7, 8, 9)
			wantBody(t, bodies[0], "aaa")
			_, second := bodies[1].CopyTo(ctx, io.Discard)
			_, third := bodies[2].CopyTo(ctx, io.Discard)
			for i, got := range []error{second, third} {
				want := []string{tc.second, tc.third}[i]
				var status *StatusError
				var ok bool
				switch want {
				case "":
					ok = got == nil
				case "NO":
					ok = errors.As(got, &status) && c.Err() == nil
				case "no body":
					ok = errors.Is(got, ErrNoBody) && c.Err() == nil
				case "broken":
					ok = got != nil && c.Err() != nil
				}
				if !ok {
					t.Errorf("body %d: error %v, want %q; sticky %v", i+2, got, want, c.Err())
				}
			}
		})
	}
}

// TestMerged: two answers in one response are no answer that anybody could have asked for, and where one ends would not be known.
func TestMerged(t *testing.T) {
	c := dial(t, Options{}, greeted+`C: A1 UID FETCH 7 (UID BODY.PEEK[HEADER])
	C: A2 UID FETCH 7 (UID BODY.PEEK[TEXT])
	s: * 1 FETCH (UID 7 BODY[HEADER] {1}\r\nh BODY[TEXT] {1}\r\nt)\r\nA1 OK\r\nA2 OK\r\n`)
	header := start(t, c, 7, Section{Specifier: "HEADER"})
	start(t, c, 7, Section{Specifier: "TEXT"})
	_, err := header.CopyTo(ctx, io.Discard)
	wantBroken(t, c, err)
}

// TestLateOK: Dovecot says the OK of a command behind the bodies of the next ones. Nothing is kept in memory for that.
func TestLateOK(t *testing.T) {
	const size = 40_000
	body := func(uid int) string {
		return fmt.Sprintf(`* 1 FETCH (UID %d BODY[] {%d}\r\n%s)\r\n`, uid, size, strings.Repeat("x", size))
	}
	c := dial(t, Options{MaxBuffered: 1}, greeted+`C: A1 UID FETCH 7 (UID BODY.PEEK[])
	C: A2 UID FETCH 8:9 (UID BODY.PEEK[])
	s: `+body(7)+body(8)+body(9)+`A1 OK\r\nA2 OK\r\n`)
	first := start(t, c, 7, Section{})
	for _, b := range append([]*Body{first}, startBatch(t, c, 8, 9)...) {
		wantBody(t, b, strings.Repeat("x", size))
	}
	check(t, c.Settle(ctx, 0))
	if len(c.pending) != 0 {
		t.Errorf("%d commands pending", len(c.pending))
	}
}

// TestSettle reads past what was dropped, up to a bound, and keeps what was not.
func TestSettle(t *testing.T) {
	answer := fmt.Sprintf(`s: * 1 FETCH (UID 7 BODY[] {3}\r\naaa)\r\n* 2 FETCH (UID 8 BODY[] {5000}\r\n%s)\r\n* 3 FETCH (UID 9 BODY[] {1}\r\nc)\r\nA1 OK\r\n`, strings.Repeat("x", 5000))
	for most, usable := range map[int64]bool{5003: true, 5002: false} {
		c := dial(t, Options{}, asked789+answer)
		bodies := startBatch(t, c, 7, 8, 9)
		bodies[0].Drop()
		bodies[1].Drop()
		err := c.Settle(ctx, most)
		if usable != (err == nil) || usable != (c.Err() == nil) {
			t.Errorf("%d octets may be read past: error %v, sticky %v", most, err, c.Err())
		}
		if usable {
			wantBody(t, bodies[2], "c")
		}
	}
}

// TestAtRest: a connection that nobody waits on has no buffer, and has one again.
func TestAtRest(t *testing.T) {
	c := dial(t, Options{}, greeted+"C: A1 NOOP\nS: A1 OK\nC: A2 NOOP\nS: A2 OK")
	for range 2 {
		if c.r.buf != nil {
			t.Error("it has a buffer")
		}
		check(t, c.Noop(ctx))
	}
}

// BenchmarkBatch fetches 128 messages of 8 KB by one command, as a device that retrieves in order makes it.
func BenchmarkBatch(b *testing.B) {
	const n, size = 128, 8 << 10
	var answer strings.Builder
	uids := make([]goimap.UID, n)
	for i := range uids {
		uids[i] = goimap.UID(i + 1)
		fmt.Fprintf(&answer, "* %d FETCH (UID %d BODY[] {%d}\r\n%s)\r\n", i+1, i+1, size, strings.Repeat("x", size))
	}
	c := repeated(b, Options{}, answer.String()+"A1 OK\r\n")
	b.SetBytes(n * size)
	b.ReportAllocs()
	for b.Loop() {
		c.tags = 0
		bodies, err := c.StartBodies(ctx, uids, Section{})
		if err != nil {
			b.Fatal(err)
		}
		for _, body := range bodies {
			if got, err := body.CopyTo(ctx, io.Discard); got != size || err != nil {
				b.Fatal(got, err)
			}
		}
	}
}
