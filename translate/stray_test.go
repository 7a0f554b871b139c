package translate_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/emersion/go-imap/v2"

	"popbridge/translate"
)

// Only marked messages stray, each copy for itself.
func TestStrayed(t *testing.T) {
	p := translate.Policy{Order: translate.OrderArrival}
	m := translate.MergeMaildrops(p, viewOf(t, 1, 1, 2, 4), viewOf(t, 2, 3, 2))
	for _, n := range []int{2, 4} {
		if err := m.Delete(n); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for _, s := range m.Strayed([]imap.UIDSet{imap.UIDSetNum(1, 2, 3)}) {
		got = append(got, fmt.Sprintf("%d/%d %s %d %v", s.Mailbox, s.UID, s.UniqueID, s.Octets, s.Copied))
	}
	if want := []string{"0/2 message-b 20 true", "0/3 message-d 40 false"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	both := m.Strayed([]imap.UIDSet{imap.UIDSetNum(2), imap.UIDSetNum(2)})
	if len(both) != 2 || both[0].Copied || both[1].Copied {
		t.Errorf("of both copies: %+v", both)
	}
	single := translate.MergeMaildrops(p, viewOf(t, 1, 1, 2))
	if err := single.Delete(2); err != nil {
		t.Fatal(err)
	}
	if s := single.Strayed([]imap.UIDSet{imap.UIDSetNum(1, 2)}); len(s) != 1 || s[0].UID != 2 || s[0].UniqueID != "message-b" {
		t.Errorf("of a single mailbox: %+v", s)
	}
}

// A message is found by what it is, and each that has arrived is taken once.
func TestRetrace(t *testing.T) {
	id := func(key byte, octets int64) translate.Identity {
		return translate.Identity{Key: translate.ContentKey{key}, Octets: octets}
	}
	at := func(mailbox int, uid imap.UID, of translate.Identity) translate.Arrived {
		return translate.Arrived{Mailbox: mailbox, UID: uid, Identity: of}
	}
	arrived := []translate.Arrived{at(1, 9, id(1, 10)), at(0, 7, id(1, 10)), at(2, 3, id(2, 21)), at(2, 4, id(0, 30)), at(2, 5, id(3, 5))}
	for name, c := range map[string]struct {
		known []translate.Identity
		want  string
	}{
		"the first of twins":           {[]translate.Identity{id(1, 10)}, "[0/7] lost 0 rest 4"},
		"twins":                        {[]translate.Identity{id(1, 10), id(1, 10), id(1, 10)}, "[0/7 1/9] lost 1 rest 3"},
		"another size":                 {[]translate.Identity{id(2, 20)}, "[] lost 1 rest 5"},
		"a size that was measured":     {[]translate.Identity{id(2, 0)}, "[2/3] lost 0 rest 4"},
		"nothing to recognise it by":   {[]translate.Identity{id(0, 30)}, "[] lost 1 rest 5"},
		"one of two":                   {[]translate.Identity{id(4, 1), id(3, 5)}, "[2/5] lost 1 rest 4"},
		"nothing at all has gone away": {nil, "[] lost 0 rest 5"},
	} {
		var strayed []translate.Strayed
		for i, k := range c.known {
			strayed = append(strayed, translate.Strayed{Mailbox: 0, UID: imap.UID(i + 1), Known: k})
		}
		found, lost, rest := translate.Retrace(strayed, arrived)
		var places []string
		for _, f := range found {
			if now := f.Was.At(f.At); now.Mailbox != f.At.Mailbox || now.UID != f.At.UID || now.Known != f.Was.Known {
				t.Errorf("%s: it is now %+v", name, now)
			}
			places = append(places, fmt.Sprintf("%d/%d", f.At.Mailbox, f.At.UID))
		}
		if got := fmt.Sprintf("%v lost %d rest %d", places, len(lost), len(rest)); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// What COPYUID names was moved, what it leaves out was gone; where it names nothing, and
// of all other commands, nobody knows.
func TestWhatIsDoubtful(t *testing.T) {
	all := imap.UIDSetNum(1, 2, 3, 4)
	for name, c := range map[string]struct {
		note             func(*translate.Outcome)
		missed, doubtful string
	}{
		"told of all":    {func(o *translate.Outcome) { o.Move(all, all) }, "", ""},
		"told of some":   {func(o *translate.Outcome) { o.Move(all, imap.UIDSetNum(1, 4)) }, "2:3", ""},
		"told nothing":   {func(o *translate.Outcome) { o.Move(all, nil) }, "", "1:4"},
		"told of others": {func(o *translate.Outcome) { o.Move(imap.UIDSetNum(1, 2), imap.UIDSetNum(1, 2, 4)) }, "", "3:4"},
		"refused":        {func(o *translate.Outcome) { o.Refuse(imap.UIDSetNum(2), nil) }, "", "1,3:4"},
		"gone":           {func(o *translate.Outcome) { o.Miss(imap.UIDSetNum(3)) }, "3", "1:2,4"},
	} {
		var o translate.Outcome
		c.note(&o)
		if missed, doubtful := o.Missed(), o.Doubtful(all); missed.String() != c.missed || doubtful.String() != c.doubtful {
			t.Errorf("%s: missed %q, doubtful %q; want %q and %q", name, missed.String(), doubtful.String(), c.missed, c.doubtful)
		}
		for _, d := range o.Locate([]translate.Deletion{{UID: 3}}) {
			if d.UID == 3 && c.missed != "" {
				t.Errorf("%s: the journal says that UID 3 was deleted", name)
			}
		}
	}
}
