package main

import (
	"bytes"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// TestPoll runs one row for a moment, so that the benchmark does not rot.
func TestPoll(t *testing.T) {
	s := &stage{}
	defer s.close()
	site := newSite(s, options{})
	b := site.box("ten", 10, 2000)
	sides := []*contender{site.popbridge("popbridge", site.upstream.IMAP, "memory"), site.imapc("imapc", site.upstream.IMAP), site.own()}
	for _, port := range []func(*contender) entry{func(c *contender) entry { return c.plain }, func(c *contender) entry { return c.secure }} {
		r := site.polls(sides, b, 50*time.Millisecond, port)
		if r.errors > 0 {
			t.Errorf("%d errors, the first: %v", r.errors, r.first)
		}
		for _, c := range sides {
			if len(r.samples[c.name]) != 3 {
				t.Errorf("%s has %d samples instead of 3", c.name, len(r.samples[c.name]))
			}
		}
	}
}

// TestDeviceNoticesADifference proves that the answers are really compared.
func TestDeviceNoticesADifference(t *testing.T) {
	s := &stage{}
	defer s.close()
	site := newSite(s, options{})
	right := site.box("ten", 10, 2000)
	wrong := *right
	wrong.messages = append([]message(nil), right.messages...)
	wrong.messages[2].body.hash++
	wrong.list.hash++
	err := site.own().plain.session("a", right, func(d *device) error {
		if err := d.inOrder(right, 10); err != nil {
			t.Errorf("what was stored: %v", err)
		}
		if _, err := d.retrieve(&wrong, 3); err == nil {
			t.Error("another message than was stored is no error")
		}
		if err := d.listing("LIST", wrong.list); err == nil {
			t.Error("other sizes than were stored are no error")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// TestSend runs a row of what devices send for a moment, and proves that what comes is
// really compared.
func TestSend(t *testing.T) {
	s := &stage{}
	defer s.close()
	site := newSite(s, options{})
	sink, err := startSink(lettersOf(3, 5000))
	if err != nil {
		t.Fatal(err)
	}
	defer sink.listener.Close()
	site.box("ten", 10, 2000)
	sides := []*contender{site.relaying("popbridge", sink, "always")}
	if r := site.sends(sides, sink, 20, 2); r.errors > 0 || len(r.samples["popbridge"]) != 3 {
		t.Errorf("%d samples, %d errors, the first: %v", len(r.samples["popbridge"]), r.errors, r.first)
	}
	sink.letters[1] = bytes.Replace(sink.letters[2], []byte("fox"), []byte("cat"), 1)
	if r := site.sends(sides, sink, 20, 2); r.errors == 0 {
		t.Error("another message than was to come is no error")
	}
}

// TestRelay: what goes in comes out whole, not before its time, and so does the end.
func TestRelay(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		nc, err := l.Accept()
		if err == nil {
			_, _ = io.Copy(nc, io.LimitReader(nc, 1<<20))
			_ = nc.Close()
		}
	}()
	r, err := startRelay(l.Addr().String(), 20*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	defer r.listener.Close()
	nc, err := net.Dial("tcp", r.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	sent := strings.Repeat("0123456789abcdef", 1<<16)
	began := time.Now()
	go func() { _, _ = io.WriteString(nc, sent) }()
	got, err := io.ReadAll(nc)
	if err != nil || string(got) != sent {
		t.Errorf("%d octets of %d came back, or others: %v", len(got), len(sent), err)
	}
	if took := time.Since(began); took < 40*time.Millisecond {
		t.Errorf("there and back took %v, less than twice the delay", took)
	}
}

func TestRatioAndVerdict(t *testing.T) {
	for _, c := range []struct {
		r       row
		ratio   string
		verdict string
	}{
		{row{popbridge: measured(30), imapc: measured(10), atLeast: 3}, "3.00×", "met"},
		{row{popbridge: measured(29), imapc: measured(10), atLeast: 3}, "2.90×", "MISSED"},
		{row{popbridge: measured(1), imapc: measured(20), less: true, atLeast: 10}, "20.0×", "met"},
		{row{popbridge: measured(30), imapc: measured(10), atLeast: 3, errors: 1}, "3.00×", "MISSED"},
		{row{popbridge: measured(999), bound: 1000}, "–", "met"},
		{row{popbridge: measured(1000), bound: 1000}, "–", "MISSED"},
		{row{popbridge: measured(1)}, "–", ""},
	} {
		cells := c.r.cells()
		if cells[5] != c.ratio || cells[7] != c.verdict {
			t.Errorf("%+v: %q %q instead of %q %q", cells, cells[5], cells[7], c.ratio, c.verdict)
		}
	}
	if m := median([]float64{5, 1, 9}); m != 5 {
		t.Errorf("the median of 5, 1 and 9 is %v", m)
	}
	if q := quantile([]float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 0.99); q != 10 {
		t.Errorf("99 of 100 is %v", q)
	}
}

// TestAttempt: a part that fails says why, and the next one goes on.
func TestAttempt(t *testing.T) {
	s := &stage{}
	defer s.close()
	if err := attempt(func() { s.Fatalf("no %s", "server") }); err == nil || err.Error() != "no server" {
		t.Errorf("the error is %v", err)
	}
	if err := attempt(func() {}); err != nil {
		t.Error(err)
	}
}

func TestFiguresIn(t *testing.T) {
	got := figuresIn("goos: linux\nBenchmarkLogin/warm-2   \t     100\t     23598 ns/op\t         0.5 writes/login\nBenchmarkOctets \t 1\t 7 ns/op\nPASS\n")
	for name, want := range map[string]float64{"Login/warm ns/op": 23598, "Login/warm writes/login": 0.5, "Octets ns/op": 7} {
		if got[name] == nil || *got[name] != want {
			t.Errorf("%s is %s, want %v", name, show(got[name]), want)
		}
	}
	if len(got) != 3 {
		t.Errorf("%d figures", len(got))
	}
}
