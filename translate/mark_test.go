package translate

import (
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
)

// Every part of a description tells messages apart, and one that could be any
// other has no fingerprint.
func TestFingerprint(t *testing.T) {
	base := Description{UID: 4, Key: HeaderKey([]byte("a")), MessageID: "<1@x>", Octets: 100, Received: time.Unix(1000, 0)}
	changes := map[string]func(*Description){
		"key":        func(d *Description) { d.Key = HeaderKey([]byte("b")) },
		"Message-ID": func(d *Description) { d.MessageID = "<2@x>" },
		"octets":     func(d *Description) { d.Octets++ },
		"received":   func(d *Description) { d.Received = d.Received.Add(time.Second) },
		"unique-id":  func(d *Description) { d.UniqueID = "1" },
		"no octets":  func(d *Description) { d.Octets = 0 },
		"no date":    func(d *Description) { d.Received = time.Time{} },
		"no ID":      func(d *Description) { d.MessageID = "" },
	}
	seen := map[Fingerprint]string{base.Fingerprint(): "base", 0: "nothing"}
	for name, change := range changes {
		d := base
		change(&d)
		if other, twice := seen[d.Fingerprint()]; twice {
			t.Errorf("%s: the fingerprint is that of %s", name, other)
		}
		seen[d.Fingerprint()] = name
	}
	same := base
	same.UID, same.Received = 5, base.Received.In(time.FixedZone("", 3600))
	if same.Fingerprint() != base.Fingerprint() {
		t.Error("the UID or the zone of a date has changed the fingerprint")
	}
	if (Description{Key: base.Key, Octets: 100}).Fingerprint() != 0 {
		t.Error("a message without Message-ID and INTERNALDATE is told from others")
	}
}

func TestMismatched(t *testing.T) {
	for _, c := range []struct {
		name   string
		intent Intent
		there  map[imap.UID]Fingerprint
		want   int
		untold string
	}{
		{"all the same", Intent{Plan: Plan{Deletes: 2}, Marks: []Mark{{2, 7}, {5, 9}}}, map[imap.UID]Fingerprint{2: 7, 5: 9}, 0, ""},
		{"one is another", Intent{Plan: Plan{Deletes: 2}, Marks: []Mark{{2, 7}, {5, 9}}}, map[imap.UID]Fingerprint{2: 7, 5: 8}, 1, ""},
		{"gone", Intent{Plan: Plan{Deletes: 3}, Marks: []Mark{{1, 7}, {4, 8}, {6, 9}}}, nil, 0, ""},
		{"gone, and never told", Intent{Plan: Plan{Deletes: 1}, Marks: []Mark{{4, 0}}}, nil, 0, ""},
		{"never told", Intent{Plan: Plan{Deletes: 2}, Marks: []Mark{{2, 0}, {3, 7}}}, map[imap.UID]Fingerprint{2: 9, 3: 7}, 0, "2"},
		{"not told now", Intent{Plan: Plan{Deletes: 2}, Marks: []Mark{{2, 7}, {3, 7}}}, map[imap.UID]Fingerprint{2: 7, 3: 0}, 0, "3"},
		{"not told, beside another", Intent{Plan: Plan{Deletes: 2}, Marks: []Mark{{2, 7}, {3, 7}}}, map[imap.UID]Fingerprint{2: 8, 3: 0}, 1, "3"},
		{"not noted", Intent{Plan: Plan{Deletes: 3}, Marks: []Mark{{2, 7}}}, map[imap.UID]Fingerprint{2: 7}, 2, ""},
	} {
		if got, untold := c.intent.Mismatched(c.there); got != c.want || untold.String() != c.untold {
			t.Errorf("%s: %d mismatched and %v untold, want %d and %s", c.name, got, untold, c.want, c.untold)
		}
	}
}

// What is gone is left out of every op, of the marks and of the journal, but what is
// hidden stays so; what is excepted is not hidden either.
func TestIntentWithout(t *testing.T) {
	set := func(uids ...imap.UID) imap.UIDSet { return imap.UIDSetNum(uids...) }
	intent := func(hide bool) Intent {
		i := Intent{
			Plan:      Plan{Deletes: 3, Ops: []Op{{Kind: OpStore, UIDs: set(2, 9), Flag: imap.FlagSeen}, {Kind: OpMove, UIDs: set(2, 3, 4)}, {Kind: OpExpunge, UIDs: set(2)}}},
			Marks:     []Mark{{2, 7}, {3, 8}, {4, 9}},
			Deletions: []Deletion{{UID: 2}, {UID: 3}, {UID: 4}},
		}
		if hide {
			i.Plan.Hide = set(2, 3, 4)
		}
		return i
	}
	for name, c := range map[string]struct {
		got           Intent
		deletes, hide int
	}{
		"gone":             {intent(false).Without(set(2)), 2, 0},
		"gone, and hidden": {intent(true).Without(set(2)), 3, 3},
		"excepted":         {intent(true).Except(set(2)), 2, 2},
	} {
		p := c.got.Plan
		if len(p.Ops) != 2 || p.Ops[0].UIDs.String() != "9" || p.Ops[1].UIDs.String() != "3:4" {
			t.Errorf("%s: the ops are %+v", name, p.Ops)
		}
		if p.Deletes != c.deletes || len(c.got.Marks) != c.deletes || len(c.got.Deletions) != c.deletes || len(Members(p.Hide)) != c.hide {
			t.Errorf("%s: %+v", name, c.got)
		}
	}
	before := intent(false)
	if after := before.Without(set(2, 3, 4)); after.Plan.Deletes != 0 || len(after.Plan.Ops) != 1 || before.Plan.Deletes != 3 || len(before.Marks) != 3 {
		t.Errorf("all gone: %+v, of %+v", after, before)
	}
	if missing := before.Missing(map[imap.UID]Fingerprint{2: 0, 4: 9}); missing.String() != "3" {
		t.Errorf("missing: %v", missing)
	}
}
