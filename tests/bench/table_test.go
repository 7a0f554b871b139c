package main

import (
	"crypto/tls"
	"strings"
	"testing"
)

// TestLimits: each kind of limit, the wish beyond it, and how both are printed.
func TestLimits(t *testing.T) {
	for _, c := range []struct {
		r                     row
		target, verdict, wish string
	}{
		{row{popbridge: measured(2), ceiling: 2, aims: 1, aim: "1", unit: "round trips"}, "≤ 2 round trips", "met", "1: missed"},
		{row{popbridge: measured(2.1), ceiling: 2, aims: 1, aim: "1", unit: "ms"}, "≤ 2 ms", "MISSED", "1: missed"},
		{row{popbridge: measured(1), ceiling: 2, aims: 1, aim: "1", unit: "ms"}, "≤ 2 ms", "met", "1"},
		{row{popbridge: measured(0.7), floor: 0.7, aims: 0.9, aim: "0.9×", unit: "×"}, "≥ 0.7 ×", "met", "0.9×: missed"},
		{row{popbridge: measured(0.69), floor: 0.7, unit: "×"}, "≥ 0.7 ×", "MISSED", ""},
		{row{popbridge: measured(0.95), floor: 0.7, aims: 0.9, aim: "0.9×", unit: "×"}, "≥ 0.7 ×", "met", "0.9×"},
		{row{popbridge: measured(1), imapc: measured(8), less: true, atLeast: 7, aims: 10, aim: "10×"}, "7×", "met", "10×: missed"},
		{row{popbridge: measured(1), imapc: measured(11), less: true, atLeast: 7, aims: 10, aim: "10×"}, "7×", "met", "10×"},
		{row{popbridge: measured(140), bound: 140.8333333333, unit: "ms"}, "< 141 ms", "met", ""},
		{row{popbridge: measured(14), bound: 14.3800001, unit: "ms", aim: "in words alone"}, "< 14.4 ms", "met", "in words alone"},
		{row{popbridge: measured(1), bound: 10000, unit: "ms"}, "< 10000 ms", "met", ""},
		{row{popbridge: measured(0.0001), bound: 0.001, unit: "writes"}, "< 0.001 writes", "met", ""},
		{row{ceiling: 2, aims: 1, aim: "1", unit: "ms"}, "≤ 2 ms", "MISSED", "1: missed"},
		{row{popbridge: measured(1), ceiling: 2, unit: "ms", errors: 1}, "≤ 2 ms", "MISSED", ""},
		{row{popbridge: measured(1), aim: "less"}, "", "", "less"},
		{row{popbridge: measured(1), errors: 1}, "", "MISSED", ""},
	} {
		if c.r.target() != c.target || c.r.verdict() != c.verdict || c.r.wish() != c.wish {
			t.Errorf("%+v: %q, %q, %q instead of %q, %q, %q", c.r, c.r.target(), c.r.verdict(), c.r.wish(), c.target, c.verdict, c.wish)
		}
	}
}

// TestShare: the figure is popbridge's by the other's, and more or less of it is asked for.
func TestShare(t *testing.T) {
	r := &results{samples: map[string][]sample{"popbridge": {{60, 3}}, "raw": {{100, 2}}}}
	rate := r.share(0, "rate", false, "raw", "raw", 0.7, 0.9)
	if show(rate.popbridge) != "0.600" || rate.verdict() != "MISSED" || rate.target() != "≥ 0.7 ×" || rate.wish() != "0.9×: missed" {
		t.Errorf("60 of 100: %v", rate.cells())
	}
	time := r.share(1, "time", true, "raw", "raw", 2, 1.3)
	if show(time.popbridge) != "1.50" || time.verdict() != "met" || time.target() != "≤ 2 ×" || time.wish() != "1.3×: missed" {
		t.Errorf("3 of 2: %v", time.cells())
	}
	if none := r.share(0, "rate", false, "own", "own POP3", 0.7, 0.9); none.popbridge != nil || none.verdict() != "MISSED" {
		t.Errorf("of nothing: %v", none.cells())
	}
}

// TestResuming: a device that offers a session is told apart from one that does not.
func TestResuming(t *testing.T) {
	s := &stage{}
	defer s.close()
	site := newSite(s, options{})
	b := site.box("ten", 10, 2000)
	plain := entry{address: site.upstream.POP3S, tls: site.pinned}
	offers := plain.resuming()
	const sessions = 12
	r := clients(1, times(sessions), func(int, int) error {
		if err := plain.poll("a", b); err != nil {
			return err
		}
		return offers.poll("a", b)
	})
	if r.errors > 0 {
		t.Fatal(r.first)
	}
	// The upstream has several processes, each with a key of its own.
	if n := offers.resumed.Load(); n == 0 || n >= sessions {
		t.Errorf("%d of %d sessions were resumed; the first one cannot be", n, sessions)
	}
	if plain.tls.ClientSessionCache != nil {
		t.Error("the port that resumes none has a cache")
	}
}

// TestRecite: the prepared answers come whole, and in the order in which they are asked for.
func TestRecite(t *testing.T) {
	list := answerOf([]byte("1 120\r\n2 300\r\n.\r\n"))
	address, closed, err := recite(map[string][]byte{"LIST": []byte("+OK\r\n1 120\r\n2 300\r\n.\r\n"), "UIDL": []byte("+OK\r\n.\r\n")})
	if err != nil {
		t.Fatal(err)
	}
	defer closed()
	d, err := connect(address, (*tls.Config)(nil))
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	for range 2 {
		if err := d.listing("LIST", list); err != nil {
			t.Error(err)
		}
		if err := d.listing("UIDL", answerOf([]byte(".\r\n"))); err != nil {
			t.Error(err)
		}
	}
}

// TestTableSaysWhatIsMissed: the line of a row has its limit, its verdict and its wish.
func TestTableSaysWhatIsMissed(t *testing.T) {
	var out strings.Builder
	table(&out, []row{{work: "poll", unit: "s", less: true, popbridge: measured(1), imapc: measured(8), atLeast: 7, aim: "10×", aims: 10}})
	if want := "| 8.00×     | 7×       | met | 10×: missed | 0      |"; !strings.Contains(out.String(), want) {
		t.Errorf("no %q in\n%s", want, out.String())
	}
}
