package imap

import (
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	goimap "github.com/emersion/go-imap/v2"
)

// TestBounds: what a hostile server may send is refused before it costs anything.
func TestBounds(t *testing.T) {
	mb := strings.Repeat("x", 1<<20)
	for name, response := range map[string]string{
		"text of 1 MB":              "* OK " + mb,
		"text of 64 KB and some":    "* OK " + mb[:65600],
		"word of 1 MB":              "* " + mb,
		"tag of 1 MB":               mb,
		"quoted string of 1 MB":     `* LIST () "/" "` + mb,
		"flags of 1 MB":             "* LIST (" + strings.Repeat(`\x `, 1<<19),
		"number of 1 MB":            "* " + strings.Repeat("0", 1<<20),
		"unknown of 1 MB":           "* X-NEW " + mb,
		"attribute of 1 MB":         "* 1 FETCH (" + mb,
		"value of 1 MB":             "* 1 FETCH (X " + mb,
		"section of 1 MB":           "* 1 FETCH (BODY[" + mb,
		"continuation of 1 MB":      "+ " + mb,
		"blanks of 1 MB":            "* OK" + strings.Repeat(" ", 1<<20) + "x",
		"code of 1 MB":              "* OK [" + mb,
		"literal of 4 GB":           `* LIST () "/" {4294967296}`,
		"literal of 64 KB and one":  `* LIST () "/" {65537}`,
		"literal beyond 63 bits":    `* LIST () "/" {9223372036854775808}`,
		"literal of minus one":      `* LIST () "/" {-1}`,
		"literal of nothing":        `* LIST () "/" {}`,
		"unknown literal of 4 GB":   "* X-NEW {4294967296}",
		"unknown literal, 30 nines": "* X-NEW {999999999999999999999999999999}",
		"body unasked of 4 GB":      "* 1 FETCH (UID 1 BODY[] {4294967296}",
		"attribute of 4 GB":         "* 1 FETCH (X {4294967296}",
		"depth of 51":               "* 1 FETCH (X " + strings.Repeat("(", 51) + strings.Repeat(")", 52),
		"NUL in a text":             `* OK a\x00b`,
		"bare CR":                   `* OK a\rb`,
		"unknown tag":               "A77 OK",
		"tag in lower case":         "a1 OK",
		"longer tag":                "A11 OK",
		"no tag":                    " OK",
		"tag within blanks":         "A 1 OK",
		"unknown answer":            "A1 MAYBE",
		"unasked continuation":      "+ go on",
		"empty lines of 80 KB":      strings.Repeat(`\r\n`, 40_000),
		"blank lines of 96 KB":      strings.Repeat(` \t\r\n`, 24_000),
	} {
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(response, mb[:100]) && strings.Contains(response, `\`) && !strings.Contains(response, `\x `) {
				response = "s: " + response
			} else {
				response = "S: " + response
			}
			c := dial(t, Options{}, greeted+"C: A1 LIST \"\" \"*\"\n"+response)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := c.List(ctx, "", "*", ListOptions{})
			runtime.ReadMemStats(&after)
			wantBroken(t, c, err)
			if n := after.TotalAlloc - before.TotalAlloc; n > 8<<20 {
				t.Errorf("%d octets allocated", n)
			}
		})
	}
}

// TestWithinBounds: what comes close to the bounds passes.
func TestWithinBounds(t *testing.T) {
	c := dial(t, Options{}, greeted+"C: A1 LIST \"\" \"*\"\nS: * OK "+strings.Repeat("x", 65000)+
		"\nS: * LIST () \"/\" {65536}\nS: "+strings.Repeat("n", 65536)+
		"\nS: * 1 FETCH (X "+strings.Repeat("(", 50)+strings.Repeat(")", 50)+")\nS: A1 OK")
	got, err := c.List(ctx, "", "*", ListOptions{})
	if err != nil || len(got) != 1 || len(got[0].Name) != 65536 {
		t.Errorf("%d mailboxes, %v", len(got), err)
	}
}

func TestTooManyResponses(t *testing.T) {
	c := dial(t, Options{MaxResponses: 10}, greeted+"C: A1 NOOP\n"+strings.Repeat("S: * X-NEW\n", 10)+"S: A1 OK\nC: A2 NOOP\n"+strings.Repeat("S: * X-NEW\n", 10)+"S: A2 OK\nC: A3 NOOP\n"+strings.Repeat("S: * X-NEW\n", 11))
	check(t, c.Noop(ctx))
	check(t, c.Noop(ctx))
	wantBroken(t, c, c.Noop(ctx))
}

// TestListingMayBeLarger than MaxResponses, by as many messages as the mailbox has.
func TestListingMayBeLarger(t *testing.T) {
	c := dial(t, Options{MaxResponses: 10}, greeted+"C: A1 SELECT \"x\"\nS: * 5 EXISTS\nS: A1 OK\nC: A2 UID FETCH 1:* (UID)\n"+
		strings.Repeat("S: * 1 FETCH (UID 1)\n", 15)+"S: A2 OK\nC: A3 UID FETCH 1:* (UID)\n"+strings.Repeat("S: * 1 FETCH (UID 1)\n", 16))
	_, err := c.Select(ctx, "x", SelectOptions{})
	check(t, err)
	each := func(*Message) error { return nil }
	check(t, c.Fetch(ctx, from(1), Items{}, each))
	wantBroken(t, c, c.Fetch(ctx, from(1), Items{}, each))
}

// TestAFloodEndsSoon: a server is listened to for as long as what it says can be of the mailbox,
// also when that empties on the way, or can be an answer to LIST; a mailbox of five is not worth a million lines.
func TestAFloodEndsSoon(t *testing.T) {
	selected := func(messages int) string {
		return fmt.Sprintf("%sC: A1 SELECT \"x\"\nS: * %d EXISTS\nS: A1 OK\nC: A2 UID EXPUNGE 1:9\n", greeted, messages)
	}
	each := "S: * 1 FETCH (FLAGS ())\nS: * 1 EXPUNGE\n"
	for name, x := range map[string]struct {
		script string
		ends   bool // by the bound
	}{
		"of news":                 {selected(5) + strings.Repeat("S: * OK news\n", 25_000), true},
		"what each message owes":  {selected(30_000) + strings.Repeat(each, 30_000) + "S: A2 OK", false},
		"what the messages had":   {selected(30_000) + strings.Repeat(each, 50_000), true},
		"in the mailbox's gaps":   {selected(15_000) + strings.Repeat(each, 15_000) + "S: A2 OK", false},
		"beyond a smaller number": {selected(15_000) + strings.Repeat(each, 25_000), true},
	} {
		t.Run(name, func(t *testing.T) {
			c := dial(t, Options{}, x.script)
			_, err := c.Select(ctx, "x", SelectOptions{})
			check(t, err)
			if err = c.Expunge(ctx, goimap.UIDSet{{Start: 1, Stop: 9}}); !x.ends {
				check(t, err)
			} else if wantBroken(t, c, err); !strings.Contains(err.Error(), "untagged responses") {
				t.Error(err)
			}
		})
	}
	c := dial(t, Options{}, greeted+"C: A1 LIST \"\" \"*\"\n"+strings.Repeat("S: * LIST () \"/\" x\n", 90_000)+"S: A1 OK")
	if found, err := c.List(ctx, "", "*", ListOptions{}); err != nil || len(found) != 90_000 {
		t.Errorf("%d mailboxes, %v", len(found), err)
	}
}

// TestOverallDeadline: a server that keeps talking without answering is not waited for for ever, though each read makes progress.
func TestOverallDeadline(t *testing.T) {
	client, server := net.Pipe()
	t.Cleanup(func() { server.Close() })
	go io.Copy(io.Discard, server)
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		_, err := io.WriteString(server, "* OK [CAPABILITY IMAP4rev1] hi\r\n")
		for err == nil {
			_, err = io.WriteString(server, "* X-NEW\r\n")
		}
	}()
	c, err := New(ctx, client, Options{Timeout: hang, MaxResponses: 1 << 30})
	check(t, err)
	c.o.CommandTimeout = 50 * time.Millisecond
	if err := c.Noop(ctx); err == nil || !strings.Contains(err.Error(), "no complete answer within 50ms") {
		t.Errorf("error %v", err)
	}
	<-stopped
}

func TestPendingBodiesDoNotEatTheAnswer(t *testing.T) {
	c := dial(t, Options{}, asked1+"C: A2 UID SEARCH ALL\ns: * 1 FETCH (UID 7 BODY[] {3}\\r\\nabc)\\r\\nA1 OK\\r\\n* SEARCH 7\\r\\nA2 OK\\r\\n")
	b := start(t, c, 7, Section{})
	if got, err := c.Search(ctx, "ALL"); err != nil || got.String() != "7" {
		t.Errorf("search %v, %v", got, err)
	}
	wantBody(t, b, "abc")
}

func TestUnaskedBodyIsPassedOver(t *testing.T) {
	c := dial(t, Options{}, greeted+"C: A1 UID FETCH 1 (UID)\nS: * 1 FETCH (UID 1 BODY[] {3}\nS: abc)\nS: A1 OK")
	got := copied(t, c, goimap.UIDSetNum(1), Items{})
	if len(got) != 1 {
		t.Errorf("messages %+v", got)
	}
}

// TestTooMuchToKeep: lists that are kept are bounded too, however short each response is.
func TestTooMuchToKeep(t *testing.T) {
	c := dial(t, Options{}, greeted+"C: A1 LIST \"\" \"*\"\n"+strings.Repeat("S: * LIST () NIL {65536}\nS: "+strings.Repeat("n", 65536)+"\n", 257))
	_, err := c.List(ctx, "", "*", ListOptions{})
	wantBroken(t, c, err)
	var fields strings.Builder
	for i := range 65 {
		fmt.Fprintf(&fields, "f%d v ", i)
	}
	c = dial(t, Options{}, greeted+"C: A1 ID NIL\nS: * ID ("+fields.String()+")")
	_, err = c.ID(ctx, nil)
	wantBroken(t, c, err)
}

// TestTwoBodiesBeforeTheirUID in one response: there is no telling whose they are.
func TestTwoBodiesBeforeTheirUID(t *testing.T) {
	c := dial(t, Options{}, asked1+"C: A2 UID FETCH 8 (UID BODY.PEEK[])\nS: * 1 FETCH (BODY[] \"a\" BODY[] \"b\" UID 7)")
	b := start(t, c, 7, Section{})
	start(t, c, 8, Section{})
	_, err := b.CopyTo(ctx, io.Discard)
	wantBroken(t, c, err)
}
