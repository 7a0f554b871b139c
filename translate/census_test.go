package translate

import (
	"fmt"
	"testing"

	"github.com/emersion/go-imap/v2"
)

// TestCensus: what the server names in any way is listed or remembered, and what was
// known is not forgotten because it was not mentioned.
func TestCensus(t *testing.T) {
	row := func(uids ...imap.UID) (entries []Entry) {
		for _, uid := range uids {
			entries = append(entries, Entry{UID: uid, Size: 10})
		}
		return entries
	}
	now := func(messages uint32, next imap.UID) Selected {
		return Selected{Messages: messages, UIDValidity: 7, UIDNext: next}
	}
	known := Listing{UIDValidity: 7, UIDNext: 5, Entries: row(1, 2, 3)}
	other := known
	other.UIDValidity = 6
	left := known
	left.Entries = []Entry{{UID: 1, Size: 10}, {UID: 2, Flags: FlagLeftOut}, {UID: 3, Size: 10}}
	for name, c := range map[string]struct {
		census   Census
		found    imap.UIDSet
		gap      string
		listed   string // UID:octets, and a minus sign after what is not shown
		strange  string // without a size, left out, named by nothing, false UIDNEXT
		isSilent bool
	}{
		"it adds up":                    {census: Census{Now: now(2, 5), Exists: 2, Rows: row(1, 2)}, found: imap.UIDSetNum(1, 2), listed: "1:10 2:10", strange: "  0 0"},
		"named and not told":            {census: Census{Now: now(2, 5), Exists: 2, Rows: row(1)}, found: imap.UIDSetNum(1, 2), gap: "2", listed: "1:10 2:0-", strange: " 2 0 0"},
		"known and not told":            {census: Census{Known: known, Now: now(2, 5), Exists: 2, Rows: row(1)}, found: imap.UIDSetNum(1, 2), listed: "1:10 2:10", strange: "  0 0"},
		"known under other UIDs":        {census: Census{Known: other, Now: now(2, 5), Exists: 2, Rows: row(1)}, found: imap.UIDSetNum(1, 2), gap: "2", listed: "1:10 2:0-", strange: " 2 0 0"},
		"known before it was set back":  {census: Census{Known: known, Now: now(2, 4), Exists: 2, Rows: row(1)}, found: imap.UIDSetNum(1, 2), gap: "2", listed: "1:10 2:0-", strange: " 2 0 0"},
		"left out before":               {census: Census{Known: left, Now: now(2, 5), Exists: 2, Rows: row(1)}, found: imap.UIDSetNum(1, 2), gap: "2", listed: "1:10 2:0-", strange: " 2 0 0"},
		"no size":                       {census: Census{Now: now(2, 5), Exists: 2, Rows: row(1), Torn: map[imap.UID]EntryFlags{2: 0}}, listed: "1:10 2:0", strange: "2  0 0"},
		"no size, but known":            {census: Census{Known: known, Now: now(2, 5), Exists: 2, Rows: row(1), Torn: map[imap.UID]EntryFlags{2: 0}}, listed: "1:10 2:10", strange: "  0 0"},
		"counted and not named":         {census: Census{Now: now(3, 5), Exists: 3, Rows: row(1)}, listed: "1:10", strange: "  2 0"},
		"counted, not named, but known": {census: Census{Known: known, Now: now(2, 5), Exists: 2, Rows: row(1)}, listed: "1:10 2:10- 3:10-", strange: " 2:3 1 0"},
		"known and counted no more":     {census: Census{Known: known, Now: now(1, 5), Exists: 1, Rows: row(1)}, listed: "1:10", strange: "  0 0"},
		"removed since SELECT":          {census: Census{Known: known, Now: now(2, 5), Exists: 1, Rows: row(1)}, listed: "1:10", strange: "  0 0"},
		"more are lost than counted":    {census: Census{Known: left, Now: now(2, 5), Exists: 2, Rows: row(1)}, listed: "1:10 3:10-", strange: " 3 1 0"},
		"a false UIDNEXT":               {census: Census{Now: now(2, 2), Exists: 2, Rows: row(1, 2)}, listed: "1:10 2:10", strange: "  0 2"},
		"one that came since SELECT":    {census: Census{Now: now(1, 2), Exists: 2, Arrived: 1, Rows: row(1, 2)}, listed: "1:10", strange: "  0 0"},
		"SEARCH names too many":         {census: Census{Now: now(2, 5), Exists: 2, Rows: row(1)}, found: imap.UIDSet{{Start: 1, Stop: 9}}, listed: "1:10", strange: "  1 0"},
		"SEARCH names a set without end": {census: Census{Now: now(2, 5), Exists: 2, Rows: row(1)}, found: imap.UIDSet{{Start: 1, Stop: 0}},
			listed: "1:10", strange: "  1 0"},
		"the only one is not told":         {census: Census{Now: now(1, 5), Exists: 1}, found: imap.UIDSetNum(1), gap: "1", listed: "1:0-", strange: " 1 0 0"},
		"the only one is not named":        {census: Census{Now: now(1, 5), Exists: 1}, listed: "", strange: "  1 0", isSilent: true},
		"one of two is gone meanwhile":     {census: Census{Now: now(2, 5), Exists: 1}, found: imap.UIDSetNum(2), gap: "2", listed: "2:0-", strange: " 2 0 0"},
		"nothing is told of a few":         {census: Census{Now: now(3, 5), Exists: 3}, found: imap.UIDSetNum(1, 2, 4), gap: "1:2,4", listed: "1:0- 2:0- 4:0-", strange: " 1:2,4 0 0"},
		"nothing is told, one not named":   {census: Census{Now: now(3, 5), Exists: 3}, found: imap.UIDSetNum(1, 2), gap: "1:2", listed: "1:0- 2:0-", strange: " 1:2 1 0", isSilent: true},
		"nothing is told":                  {census: Census{Now: now(4, 5), Exists: 4}, found: imap.UIDSetNum(1, 2, 3, 4), gap: "1:4", listed: "1:0- 2:0- 3:0- 4:0-", strange: " 1:4 0 0", isSilent: true},
		"nothing is told, but it is known": {census: Census{Known: known, Now: now(2, 5), Exists: 2}, found: imap.UIDSetNum(1, 2), listed: "1:10 2:10", strange: "  0 0"},
		"nothing is there":                 {census: Census{Known: known, Now: now(0, 5)}, strange: "  0 0"},
	} {
		c.census.Search(c.found)
		if got := c.census.Gap().String(); got != c.gap {
			t.Errorf("%s: the gap is %q, want %q", name, got, c.gap)
		}
		if got := c.census.Silent(); got != c.isSilent {
			t.Errorf("%s: silent is %v", name, got)
		}
		l, s := c.census.Listing()
		listed := ""
		for i, e := range l.Entries {
			if i > 0 {
				listed += " "
			}
			if listed += fmt.Sprintf("%d:%d", e.UID, e.Size); e.Flags&FlagLeftOut != 0 {
				listed += "-"
			}
		}
		if strange := fmt.Sprintf("%v %v %d %d", s.Unsized, s.LeftOut, s.Unnamed, s.UIDNext); listed != c.listed || strange != c.strange {
			t.Errorf("%s: it lists %q with %q strange, want %q with %q", name, listed, strange, c.listed, c.strange)
		}
	}
}
