package demo

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestCorpusIsTheSameForEqualWishes(t *testing.T) {
	one, two := corpus(demoNow(), 300), corpus(demoNow(), 300)
	for i := range one {
		if !bytes.Equal(one[i].octets, two[i].octets) || !one[i].date.Equal(two[i].date) {
			t.Fatalf("message %d differs", i+1)
		}
	}
	if more := corpus(demoNow(), 301); !bytes.Equal(more[250].octets[100:], one[250].octets[100:]) {
		t.Error("a variation depends on how many there are")
	}
}

func TestCorpusArrivesInOrderAndNotInTheFuture(t *testing.T) {
	for _, n := range []int{0, 1, 300} {
		for _, now := range []time.Time{demoNow(), time.Date(2020, 2, 29, 0, 0, 0, 0, time.UTC)} {
			last := time.Time{}
			for i, l := range corpus(now, n) {
				if l.date.Before(last) || l.date.After(now) {
					t.Errorf("n %d: message %d is of %v, after one of %v, now it is %v", n, i+1, l.date, last, now)
				}
				last = l.date
			}
			if n == 0 && now.Sub(last) > 24*time.Hour {
				t.Errorf("the newest is of %v", last)
			}
		}
	}
}

func TestCorpusHasWhatBreaksProxies(t *testing.T) {
	letters := corpus(demoNow(), 0)
	if n := len(letters); n != 41 {
		t.Errorf("%d messages", n)
	}
	has := func(what string, test func([]byte) bool) {
		if !slices.ContainsFunc(letters, func(l letter) bool { return test(l.octets) }) {
			t.Errorf("none %s", what)
		}
	}
	contains := func(s string) func([]byte) bool { return func(b []byte) bool { return bytes.Contains(b, []byte(s)) } }
	has("has a lone dot", contains("\r\n.\r\n"))
	has("begins a line with dots", contains("\r\n.."))
	has("begins its body with a dot", contains("\r\n\r\n."))
	has("is without a final line end", func(b []byte) bool { return !bytes.HasSuffix(b, []byte("\r\n")) })
	has("has an empty body", func(b []byte) bool {
		return bytes.HasSuffix(b, []byte("\r\n\r\n")) && bytes.Count(b, []byte("\r\n\r\n")) == 1
	})
	has("is a header alone", func(b []byte) bool { return !bytes.Contains(b, []byte("\r\n\r\n")) })
	has("is of 5 MB", func(b []byte) bool { return len(b) > 4_999_900 && len(b) <= 5_000_000 })
	has("has a line of 3000 octets", func(b []byte) bool {
		return slices.ContainsFunc(bytes.Split(b, []byte("\r\n")), func(l []byte) bool { return len(l) == 3000 })
	})
	for _, s := range []string{"=?iso-8859-1?Q?", "=?utf-8?B?", "ISO-2022-JP", "koi8-r", "multipart/signed", "format=flowed", "message/rfc822", "text/calendar", "multipart/report", "UNB+", "filename*0*="} {
		has("has "+s, contains(s))
	}
}

func TestCorpusIsWellFormed(t *testing.T) {
	address := regexp.MustCompile(`@([^\s>,;:?)]+)`)
	for i, l := range corpus(demoNow(), 100) {
		bare := bytes.ReplaceAll(l.octets, []byte("\r\n"), nil)
		if bytes.ContainsAny(bare, "\r\n") {
			t.Errorf("message %d has a line end that is not CRLF", i+1)
		}
		header, _ := split(l.octets)
		for _, m := range address.FindAllSubmatch(header, -1) {
			domain := "." + string(m[1])
			if !slices.ContainsFunc([]string{".example.org", ".example.com", ".example.net", ".invalid"}, func(s string) bool { return strings.HasSuffix(domain, s) }) {
				t.Errorf("message %d names %s", i+1, m[1])
			}
		}
		for _, f := range fields(header) {
			if f.name == "" || strings.ContainsAny(f.name, " \t") {
				t.Errorf("message %d has the header line %q", i+1, f.octets)
			}
		}
	}
}
