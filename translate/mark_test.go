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

func TestStrangers(t *testing.T) {
	listing := Listing{Entries: []Entry{{UID: 2}, {UID: 3}, {UID: 5}}}
	for _, c := range []struct {
		name   string
		intent Intent
		now    map[imap.UID]Fingerprint
		want   int
	}{
		{"all the same", Intent{Plan: Plan{Deletes: 2}, Marks: []Mark{{2, 7}, {5, 9}}}, map[imap.UID]Fingerprint{2: 7, 5: 9}, 0},
		{"one is another", Intent{Plan: Plan{Deletes: 2}, Marks: []Mark{{2, 7}, {5, 9}}}, map[imap.UID]Fingerprint{2: 7, 5: 8}, 1},
		{"gone", Intent{Plan: Plan{Deletes: 3}, Marks: []Mark{{1, 7}, {4, 8}, {6, 9}}}, nil, 0},
		{"gone, and never told", Intent{Plan: Plan{Deletes: 1}, Marks: []Mark{{4, 0}}}, nil, 0},
		{"never told", Intent{Plan: Plan{Deletes: 1}, Marks: []Mark{{2, 0}}}, map[imap.UID]Fingerprint{2: 0}, 1},
		{"not told now", Intent{Plan: Plan{Deletes: 1}, Marks: []Mark{{3, 7}}}, nil, 1},
		{"not told now, and 0", Intent{Plan: Plan{Deletes: 1}, Marks: []Mark{{3, 7}}}, map[imap.UID]Fingerprint{3: 0}, 1},
		{"not noted", Intent{Plan: Plan{Deletes: 3}, Marks: []Mark{{2, 7}}}, map[imap.UID]Fingerprint{2: 7}, 2},
	} {
		if got := c.intent.Strangers(listing, c.now); got != c.want {
			t.Errorf("%s: %d strangers, want %d", c.name, got, c.want)
		}
	}
}
