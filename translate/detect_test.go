package translate

import (
	"reflect"
	"testing"

	"github.com/emersion/go-imap/v2"
)

// oldList has the unique-ids of an old server's messages, by UID from 1, with
// octets that tell them apart.
func oldList(ids ...string) (l Listing) {
	l.UIDValidity = AssignedValidity
	for i, id := range ids {
		l.Entries = append(l.Entries, Entry{UID: imap.UID(i + 1), Size: int64(1001 + i), UniqueID: id})
	}
	return l
}

// copies are n messages of the same octets on the new server, by UID from 11.
func copies(n int) (l Listing) {
	l.UIDValidity = 1136214245
	for i := range n {
		l.Entries = append(l.Entries, Entry{UID: imap.UID(i + 11), Size: int64(1001 + i)})
	}
	return l
}

func TestDetectIDs(t *testing.T) {
	paired := []Pair{{Old: 1, New: 11}, {Old: 2, New: 12}}
	gmail := copies(2)
	gmail.Entries[0].UniqueID, gmail.Entries[1].UniqueID = "GmailId17", "GmailId18"
	for _, test := range []struct {
		what  string
		old   Listing
		fresh Listing
		pairs []Pair
		want  []Detected
	}{
		{"Cyrus, with a match", oldList("1136214245.11", "1136214245.12", "x"), copies(3), paired,
			[]Detected{{IDPreset, []string{"cyrus", "dovecot-0.99"}, 2, "1136214245.11"}}},
		{"Dovecot", oldList("0000000b43b940e5", "0000000c43b940e5"), copies(2), nil, []Detected{{IDPreset, []string{"dovecot"}, 2, "0000000b43b940e5"}}},
		{"UW", oldList("43b940e50000000b"), copies(1), nil, []Detected{{IDPreset, []string{"uw"}, 1, "43b940e50000000b"}}},
		{"UIDs alone, proved by octets", oldList("11", "12"), copies(2), nil, []Detected{{IDPreset, []string{"cyrus-old", "hmailserver"}, 2, "11"}}},
		{"numbers that are the UIDs of others", oldList("12", "11"), copies(2), nil, []Detected{{IDOpaque, nil, 2, "12"}}},
		{"the same, by a match", oldList("12", "11"), copies(2), paired, []Detected{{IDOpaque, nil, 2, "12"}}},
		{"other octets, and a match says which", Listing{Entries: []Entry{{UID: 1, Size: 5, UniqueID: "11"}}}, copies(1), paired, []Detected{{IDPreset, []string{"cyrus-old", "hmailserver"}, 1, "11"}}},
		{"Gmail", oldList("GmailId17", "GmailId18"), gmail, nil, []Detected{{IDPreset, []string{"gmail"}, 2, "GmailId17"}}},
		{"other octets, and the UIDVALIDITY says which", Listing{Entries: []Entry{{UID: 1, Size: 5, UniqueID: "1136214245.11"}}}, copies(1), nil, []Detected{{IDPreset, []string{"cyrus", "dovecot-0.99"}, 1, "1136214245.11"}}},
		{"other octets, and Gmail says which", Listing{Entries: []Entry{{UID: 1, Size: 5, UniqueID: "GmailId17"}}}, gmail, nil, []Detected{{IDPreset, []string{"gmail"}, 1, "GmailId17"}}},
		{"other octets, and nothing says which", Listing{Entries: []Entry{{UID: 1, Size: 5, UniqueID: "11"}}}, copies(1), nil, []Detected{{IDOpaque, nil, 1, "11"}}},
		{"an old UIDVALIDITY", oldList("7.11", "7.12"), copies(2), nil, []Detected{{IDOpaque, nil, 2, "7.11"}}},
		{"Courier, mixed", oldList("UID17", "UID18-1136214245", "1136214245.M801P123.mail,S=17"), copies(3), nil,
			[]Detected{{IDCourier, nil, 2, "UID17"}, {IDFile, nil, 1, "1136214245.M801P123.mail,S=17"}}},
		{"Cyrus, updated once", oldList("11", "1136214245.12", "1136214245.13", "?"), copies(4), nil,
			[]Detected{{IDPreset, []string{"cyrus", "dovecot-0.99"}, 2, "1136214245.12"}, {IDPreset, []string{"cyrus-old", "hmailserver"}, 1, "11"}, {IDOpaque, nil, 1, "?"}}},
		{"nothing", oldList(), copies(2), nil, nil},
	} {
		if got := DetectIDs(test.old, test.fresh, test.pairs); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: %+v, want %+v", test.what, got, test.want)
		}
	}
}

// TestDetectKnowsEveryPreset has each preset's own unique-ids be called that.
func TestDetectKnowsEveryPreset(t *testing.T) {
	for _, name := range Presets() {
		format, err := ParseFormat(name)
		if err != nil {
			t.Fatal(err)
		}
		fresh := copies(5)
		var ids []string
		for i, e := range fresh.Entries {
			if format.NeedsGmailID() {
				fresh.Entries[i].UniqueID = GmailUniqueID(uint64(e.UID))
				ids = append(ids, fresh.Entries[i].UniqueID)
				continue
			}
			ids = append(ids, string(format.Append(nil, fresh.UIDValidity, e.UID)))
		}
		got := DetectIDs(oldList(ids...), fresh, nil)
		if len(got) != 1 || got[0].Messages != 5 || !reflect.DeepEqual(got[0].Presets, presetsLike(name)) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func presetsLike(name string) (names []string) {
	for _, other := range Presets() {
		if presets[other] == presets[name] {
			names = append(names, other)
		}
	}
	return names
}

func TestAdvice(t *testing.T) {
	for _, test := range []struct {
		found Detected
		want  string
	}{
		{Detected{Kind: IDPreset, Presets: []string{"uw"}}, `no map is needed: unique_id = "uw"`},
		{Detected{Kind: IDPreset, Presets: []string{"cyrus", "dovecot-0.99"}}, `no map is needed: unique_id = "cyrus" (dovecot-0.99 is the same)`},
		{Detected{Kind: IDCourier}, "Courier's own numbers: harvest them, or import its size list, --format courier"},
		{Detected{Kind: IDFile}, "file names of a Maildir: harvest them, or import them, --format maildir"},
		{Detected{Kind: IDOpaque}, "opaque: a map is needed, harvest them"},
	} {
		if got := test.found.Advice(); got != test.want {
			t.Errorf("%s, want %s", got, test.want)
		}
	}
}
