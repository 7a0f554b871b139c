package translate_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"

	"popbridge/translate"
)

// struck is a mailbox with one message for each set of flags: none, struck out,
// deleted by a device, both, and left out.
func struck() translate.Listing {
	l := translate.Listing{UIDValidity: 7, UIDNext: 6}
	for i, flags := range []translate.EntryFlags{
		0, translate.FlagDeleted, translate.FlagPOP3Deleted, translate.FlagDeleted | translate.FlagPOP3Deleted, translate.FlagDeleted | translate.FlagLeftOut,
	} {
		l.Entries = append(l.Entries, translate.Entry{UID: imap.UID(i + 1), Size: 10, Flags: flags, UniqueID: string(rune('a' + i))})
	}
	return l
}

func TestStruckOut(t *testing.T) {
	for _, test := range []struct {
		policy translate.Policy
		known  translate.Known
		want   []imap.UID
	}{
		{translate.Policy{}, translate.Known{}, []imap.UID{1}},
		{translate.Policy{StruckOut: translate.StruckOutShow}, translate.Known{}, []imap.UID{1, 2}},
		{translate.Policy{StruckOut: translate.StruckOutShow}, translate.Known{Hidden: map[imap.UID]struct{}{2: {}}}, []imap.UID{1}},
		{translate.Policy{StruckOut: translate.StruckOutShow, MaxMessages: 1}, translate.Known{}, []imap.UID{2}},
	} {
		test.known.UIDValidity = 7
		drop, err := translate.NewMaildrop(struck(), test.known, test.policy)
		if err != nil {
			t.Fatal(err)
		}
		var got []imap.UID
		for m := range drop.Messages {
			got = append(got, m.UID)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%+v: UIDs %v are seen, want %v", test.policy, got, test.want)
		}
	}
}

// Where a deletion leaves \Deleted behind, show would show it again.
func TestStruckOutNeedsUIDPlus(t *testing.T) {
	show := func(d translate.OnDelete) translate.Policy {
		return translate.Policy{OnDelete: d, StruckOut: translate.StruckOutShow}
	}
	caps := func(list ...imap.Cap) imap.CapSet {
		set := make(imap.CapSet)
		for _, c := range list {
			set[c] = struct{}{}
		}
		return set
	}
	for _, test := range []struct {
		policy translate.Policy
		caps   imap.CapSet
		fatal  bool
	}{
		{show(translate.DeleteExpunge), caps(), true},
		{show(translate.DeleteTrash), caps(), true},
		{show(translate.DeleteArchive), caps(), true},
		{show(translate.DeleteExpunge), caps(imap.CapMove), true},
		{show(translate.DeleteExpunge), caps(imap.CapUIDPlus), false},
		{show(translate.DeleteTrash), caps(imap.CapMove), false},
		{show(translate.DeleteHide), caps(), false},
		{show(translate.DeleteFlag), caps(), false},
		{translate.Policy{OnDelete: translate.DeleteExpunge}, caps(), false},
	} {
		missing := test.policy.Unsupported(translate.Server{Caps: test.caps, Mailbox: "INBOX", Trash: "Trash", Archive: "Archive"})
		fatal := slices.ContainsFunc(missing, func(u translate.Unsupported) bool { return u.Fatal && strings.Contains(u.Text, "struck_out") })
		if fatal != test.fatal {
			t.Errorf("%+v with %v: %+v", test.policy, test.caps, missing)
		}
	}
}

func TestVerifySaysWhatIsStruckOut(t *testing.T) {
	ids, err := translate.StruckOutIDs(struck(), translate.Known{UIDValidity: 7}, translate.Policy{})
	if err != nil || len(ids) != 1 || !ids["b"] {
		t.Fatalf("struck out are %v, %v", ids, err)
	}
	if ids, err := translate.StruckOutIDs(struck(), translate.Known{UIDValidity: 7}, translate.Policy{StruckOut: translate.StruckOutShow}); err != nil || len(ids) != 0 {
		t.Errorf("where they are shown: %v, %v", ids, err)
	}
	old := []translate.Sight{{UniqueID: "a", Octets: 10}, {UniqueID: "b", Octets: 10}, {UniqueID: "x", Octets: 11}}
	c := translate.Compare(old, old[:1], func(string) bool { return false }).Explain(ids)
	if c.Ready() || !slices.Equal(c.StruckOut, []string{"b"}) || !slices.Equal(c.Unmatched, []string{"x"}) ||
		c.Verdict() != `not ready: 1 unmatched, 1 marked \Deleted and not listed` {
		t.Errorf("%q, %+v", c.Verdict(), c)
	}
	if c := translate.Compare(old[:2], old[:1], func(string) bool { return false }).Explain(ids); c.Ready() {
		t.Error("an account that loses nothing but a message that is struck out counts as ready")
	}
}
