package main

import (
	"slices"
	"strconv"
	"testing"
)

// TestScale fills a small ledger and measures all that is measured of a large one.
func TestScale(t *testing.T) {
	s := &stage{}
	defer s.close()
	site := newSite(s, options{})
	table := &scaleTable{heads: make([]string, scaleColumns)}
	const accounts = fewAccounts // deletions and sessions are spread over as many
	if err := attempt(func() {
		l := site.scaled(nil, "sqlite", accounts)
		defer l.drop()
		l.messages = 300
		site.scaleOf(l, table)
		// One template of each kind, and their copies.
		if n := site.number(l, "SELECT COUNT(*) FROM mailboxes"); n != accounts+int64(l.bigs())+2 {
			t.Errorf("the ledger has %d mailboxes instead of %d, %d, and the templates", n, accounts, l.bigs())
		}
	}); err != nil {
		t.Fatal(err)
	}
	if table.errors > 0 {
		t.Errorf("%d errors, the first: %s", table.errors, table.first)
	}
	figures := make(map[string]float64)
	for _, line := range table.lines {
		v, err := strconv.ParseFloat(line[2], 64)
		if err != nil {
			t.Errorf("%s: %q is no figure", line[0], line[2])
		}
		figures[line[0]] = v
	}
	for _, work := range []string{
		"start of the service", "first login after the start, 10 messages: USER to STAT", "the same, 300 messages", "unchanged poll, 8 clients",
		"CPU of the proxy for 1,000 of these", "QUIT with a deletion", "popbridge who, 8 sessions", "popbridge migrate status, one milestone an account", "backup",
	} {
		if figures[work] <= 0 {
			t.Errorf("%s: %v", work, figures[work])
		}
	}
	if octets := figures["disk of an account with 10 messages"]; octets < 100 || octets > 10_000 {
		t.Errorf("an account with 10 messages takes %v octets of disk", octets)
	}
	if hours := figures["hours of polls that were written, one an account and minute"]; hours != hoursOfADay {
		t.Errorf("%v hours were written", hours)
	}
	if !slices.Equal(table.lines[0][3:], []string{"–", "–", "–"}) {
		t.Errorf("the columns of other ledgers have %v", table.lines[0][3:])
	}
}
