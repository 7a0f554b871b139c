package translate_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"

	"popbridge/translate"
)

type text interface {
	UnmarshalText([]byte) error
	String() string
}

func TestViewWords(t *testing.T) {
	for _, c := range []struct {
		make func() text
		in   string
		out  string // empty: an error
	}{
		{func() text { return new(translate.Days) }, "all", "all"},
		{func() text { return new(translate.Days) }, "30d", "30d"},
		{func() text { return new(translate.Days) }, "0d", ""},
		{func() text { return new(translate.Days) }, "30", ""},
		{func() text { return new(translate.Days) }, "-1d", ""},
		{func() text { return new(translate.Days) }, "99999d", ""},
		{func() text { return new(translate.FirstLogin) }, "all", "all"},
		{func() text { return new(translate.FirstLogin) }, "new", "new"},
		{func() text { return new(translate.FirstLogin) }, "7d", "7d"},
		{func() text { return new(translate.FirstLogin) }, "soon", ""},
		{func() text { return new(translate.Guard) }, "off", "off"},
		{func() text { return new(translate.Guard) }, "100", "100"},
		{func() text { return new(translate.Guard) }, "50%", "50%"},
		{func() text { return new(translate.Guard) }, "50% 100", "100 50%"},
		{func() text { return new(translate.Guard) }, "", ""},
		{func() text { return new(translate.Guard) }, "0", ""},
		{func() text { return new(translate.Guard) }, "101%", ""},
		{func() text { return new(translate.Guard) }, "5 6", ""},
		{func() text { return new(translate.Guard) }, "5% 6%", ""},
		{func() text { return new(translate.Guard) }, "off 5", ""},
	} {
		v := c.make()
		err := v.UnmarshalText([]byte(c.in))
		switch {
		case c.out == "" && err == nil:
			t.Errorf("%T takes %q", v, c.in)
		case c.out == "" && !strings.Contains(err.Error(), "such as"):
			t.Errorf("%T: %q: the error does not say what would be right: %v", v, c.in, err)
		case c.out != "" && err != nil:
			t.Errorf("%T refuses %q: %v", v, c.in, err)
		case c.out != "" && v.String() != c.out:
			t.Errorf("%T: %q becomes %q, want %q", v, c.in, v, c.out)
		}
	}
}

func TestGuard(t *testing.T) {
	for _, c := range []struct {
		guard            translate.Guard
		marked, messages int
		held             bool
	}{
		{translate.Guard{}, 1000, 1000, false},
		{translate.Guard{Marks: 10}, 10, 1000, false},
		{translate.Guard{Marks: 10}, 11, 1000, true},
		{translate.Guard{Percent: 50}, 5, 10, false},
		{translate.Guard{Percent: 50}, 6, 10, true},
		{translate.Guard{Marks: 100, Percent: 50}, 6, 10, true},
		{translate.Guard{Percent: 50}, 0, 0, false},
	} {
		err := c.guard.Check(c.marked, c.messages)
		if (err != nil) != c.held {
			t.Errorf("%v, %d of %d marked: %v", c.guard, c.marked, c.messages, err)
		}
	}
}

func TestSpansKeepOldFormatsForOldMessages(t *testing.T) {
	cyrus, uw := format(t, "cyrus"), format(t, "uw")
	spans, added := translate.Spans(nil, cyrus, 5, nil)
	if !added || len(spans) != 1 || spans[0].From != 1 {
		t.Fatalf("first service: %v, %v", spans, added)
	}
	if same, added := translate.Spans(spans, cyrus, 9, nil); added || len(same) != 1 {
		t.Errorf("the same format adds a span: %v", same)
	}
	changed, added := translate.Spans(spans, uw, 9, nil)
	if !added || len(changed) != 2 || changed[1].From != 9 || len(spans) != 1 {
		t.Fatalf("a changed format: %v, %v", changed, added)
	}
	if back, _ := translate.Spans(changed, cyrus, 9, nil); len(back) != 2 || back[1].From != 9 || back[1].Format.String() != "cyrus" {
		t.Errorf("a span that served nothing is kept: %v", back)
	}
	if unknown, _ := translate.Spans(spans, uw, 0, []translate.Entry{{UID: 20}}); unknown[1].From != 21 {
		t.Errorf("without UIDNEXT: %v", unknown)
	}
	drop, err := translate.NewMaildrop(
		translate.Listing{UIDValidity: 7, UIDNext: 11, Entries: []translate.Entry{{UID: 8}, {UID: 9}}},
		translate.Known{UIDValidity: 7, Formats: changed}, translate.Policy{UniqueID: uw})
	if err != nil {
		t.Fatal(err)
	}
	if a, b := string(drop.AppendUniqueID(nil, 1)), string(drop.AppendUniqueID(nil, 2)); a != "7.8" || b != "0000000700000009" {
		t.Errorf("unique-ids %q and %q", a, b)
	}
}

func format(t *testing.T, name string) translate.Format {
	t.Helper()
	f, err := translate.ParseFormat(name)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestWhatADeviceSees(t *testing.T) {
	l := translate.Listing{UIDValidity: 7, UIDNext: 10}
	for uid := imap.UID(1); uid < 10; uid++ {
		l.Entries = append(l.Entries, translate.Entry{UID: uid, Size: 1})
	}
	recent := imap.UIDSet{{Start: 3, Stop: 8}}
	known := translate.Known{UIDValidity: 7, Recent: &recent}
	known.Hide(imap.UIDSet{{Start: 5, Stop: 6}})
	drop, err := translate.NewMaildrop(l, known, translate.Policy{MaxMessages: 3})
	if err != nil {
		t.Fatal(err)
	}
	var uids []imap.UID
	for m := range drop.Messages {
		uids = append(uids, m.UID)
	}
	if !slices.Equal(uids, []imap.UID{4, 7, 8}) {
		t.Errorf("UIDs %v are seen, want the newest three of 3, 4, 7, 8", uids)
	}
}

func TestDifferenceAndWithout(t *testing.T) {
	listing := func(validity uint32, uids ...imap.UID) translate.Listing {
		l := translate.Listing{UIDValidity: validity}
		for _, uid := range uids {
			l.Entries = append(l.Entries, translate.Entry{UID: uid})
		}
		return l
	}
	gone, added := translate.Difference(listing(7, 1, 2, 5, 9), listing(7, 2, 3, 9, 12))
	if !slices.Equal(gone, []imap.UID{1, 5}) || len(added) != 2 || added[0].UID != 3 || added[1].UID != 12 {
		t.Errorf("gone %v, added %v", gone, added)
	}
	if gone, added := translate.Difference(listing(7, 1), listing(8, 2)); gone != nil || added != nil {
		t.Error("listings under two UIDVALIDITYs are compared")
	}
	if got := translate.Without(listing(7, 1, 2, 3, 5, 6).Entries, imap.UIDSet{{Start: 2, Stop: 2}}).String(); got != "1,3,5:6" {
		t.Errorf("Without gives %s", got)
	}
}

func TestOutcomeLocates(t *testing.T) {
	var o translate.Outcome
	o.Add("Trash", 9, imap.UIDSet{{Start: 1, Stop: 2}}, imap.UIDSet{{Start: 50, Stop: 51}})
	o.Add("Trash", 9, imap.UIDSet{{Start: 7, Stop: 8}}, imap.UIDSet{{Start: 60, Stop: 60}}) // of different size: no telling
	got := o.Locate([]translate.Deletion{{UID: 2}, {UID: 7}})
	if got[0].To != "Trash" || got[0].ToUID != 51 || got[0].ToValidity != 9 || got[1].To != "Trash" || got[1].ToUID != 0 {
		t.Errorf("got %+v", got)
	}
}
