package translate_test

import (
	"fmt"
	"testing"

	"github.com/emersion/go-imap/v2"

	"popbridge/translate"
)

func TestTooFewRecognised(t *testing.T) {
	for _, c := range []struct {
		remembered, now, untold int
		want                    translate.Freeze
	}{
		{0, 10, 0, translate.NotFrozen},    // nothing was known
		{100, 100, 0, translate.NotFrozen}, // all are told, whatever they are
		{30, 30, 19, translate.NotFrozen},
		{30, 30, 20, translate.FrozenUnknown},
		{40, 40, 20, translate.NotFrozen}, // half
		{40, 40, 21, translate.FrozenUnknown},
		{1000, 25, 20, translate.FrozenUnknown}, // the others were deleted meanwhile
		{25, 1000, 20, translate.FrozenUnknown}, // others have come meanwhile
		{4, 3, 3, translate.NotFrozen},
		{1, 1, 1, translate.NotFrozen},
		{1, 0, 0, translate.FrozenEmpty},
		{0, 0, 0, translate.NotFrozen},
	} {
		if got := translate.TooFewRecognised(c.remembered, c.now, c.untold); got != c.want {
			t.Errorf("TooFewRecognised(%d, %d, %d) is %q, want %q", c.remembered, c.now, c.untold, got, c.want)
		}
	}
}

// TestUntold: what has a key on both sides and does not match is another message.
func TestUntold(t *testing.T) {
	old := func(keys ...byte) (m []translate.Remembered) {
		for i, k := range keys {
			m = append(m, translate.Remembered{UID: imap.UID(i + 1), Octets: 100, UniqueID: fmt.Sprint(i), Key: key(k)})
		}
		return m
	}
	fresh := func(octets int64, keys ...byte) (m []translate.Unlinked) {
		for i, k := range keys {
			m = append(m, translate.Unlinked{UID: imap.UID(i + 1), Octets: octets, Key: key(k)})
		}
		return m
	}
	for name, c := range map[string]struct {
		old   []translate.Remembered
		fresh []translate.Unlinked
		want  int
	}{
		"all recognised":                {old(1, 2, 3), fresh(100, 3, 1, 2), 0},
		"all plainly different":         {old(1, 2, 3, 4), fresh(100, 5, 6, 7), 0},
		"no key remembered":             {old(0, 0, 0, 0), fresh(100, 5, 6, 7), 3},
		"no key now":                    {old(1, 2, 3, 4), fresh(100, 0, 0), 2},
		"one key remembered is missing": {old(1, 0, 3), fresh(100, 5, 6, 7), 1},
		"one key now is missing":        {old(1, 2, 3), fresh(100, 5, 0, 7), 1},
		"one on either side":            {old(1, 0, 3), fresh(100, 5, 0, 7), 2},
		"one key, other octets":         {old(1, 2, 3), fresh(101, 1, 2, 3), 3},
		"what is left is told":          {old(1, 2, 0), fresh(100, 1, 2), 0},
		"twins too many":                {old(1, 1), fresh(100, 1, 1, 1), 0},
		"nothing new":                   {old(0, 0), nil, 0},
		"nothing remembered":            {nil, fresh(100, 0), 0},
	} {
		if got := translate.Untold(c.old, c.fresh, translate.Relink(c.old, c.fresh)); got != c.want {
			t.Errorf("%s: %d untold, want %d", name, got, c.want)
		}
	}
}

// TestFreezeOverAll: what becomes of a mailbox with a new identity, and why that is right.
func TestFreezeOverAll(t *testing.T) {
	type is struct{ keyed, unkeyed int }
	for name, c := range map[string]struct {
		remembered is
		same       int // of those, the first ones lie in the new mailbox too, all with keys
		others     is  // that lie there besides
		recognised int
		want       translate.Freeze
	}{
		// Each of the thirty may be one that devices have, and they would get it again.
		"no key remembered": {is{0, 30}, 30, is{0, 0}, 0, translate.FrozenUnknown},
		"no key now":        {is{30, 0}, 0, is{0, 30}, 0, translate.FrozenUnknown},
		// A rebuild and new mail before the keys were learned: to be sure costs an
		// operator a look, and to be wrong all devices all mail.
		"rebuilt, no key learned yet, new mail": {is{0, 30}, 30, is{5, 0}, 0, translate.FrozenUnknown},
		// At most ten messages come twice: that is not worth keeping a device out.
		"rebuilt, no key learned yet, few": {is{0, 10}, 10, is{5, 0}, 0, translate.NotFrozen},
		// Fifteen of the old ones are not told, whatever else has come.
		"rebuilt, most keys learned, new mail": {is{25, 15}, 40, is{10, 0}, 25, translate.NotFrozen},
		// With a key on both sides, what does not match is another message: to serve it
		// downloads nothing twice, however much it is.
		"four known, three others":        {is{4, 0}, 0, is{3, 0}, 0, translate.NotFrozen},
		"thirty known, thirty others":     {is{30, 0}, 0, is{30, 0}, 0, translate.NotFrozen},
		"rebuilt, keys learned, new mail": {is{30, 0}, 30, is{30, 0}, 30, translate.NotFrozen},
		// A disk that is not mounted looks so, whatever is known of the keys.
		"empty": {is{1, 0}, 0, is{0, 0}, 0, translate.FrozenEmpty},
	} {
		var old []translate.Remembered
		var fresh []translate.Unlinked
		comes := func(k byte) {
			fresh = append(fresh, translate.Unlinked{UID: imap.UID(len(fresh) + 1), Octets: 100, Key: key(k)})
		}
		for n := range c.remembered.keyed + c.remembered.unkeyed {
			k := byte(n + 1)
			if n < c.same {
				comes(k)
			}
			if n >= c.remembered.keyed {
				k = 0
			}
			old = append(old, translate.Remembered{UID: imap.UID(n + 1), Octets: 100, UniqueID: fmt.Sprint(n), Key: key(k)})
		}
		for n := range c.others.keyed {
			comes(byte(200 + n))
		}
		for range c.others.unkeyed {
			comes(0)
		}
		links := translate.Relink(old, fresh)
		if len(links) != c.recognised {
			t.Errorf("%s: %d are recognised, want %d", name, len(links), c.recognised)
		}
		if got := translate.TooFewRecognised(len(old), len(fresh), translate.Untold(old, fresh, links)); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
