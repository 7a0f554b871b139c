package translate

import (
	"slices"
	"sort"

	"github.com/emersion/go-imap/v2"
)

// Subtract gives a set without those of another. Neither may hold "*".
func Subtract(set, others imap.UIDSet) imap.UIDSet {
	if len(others) == 0 {
		return set
	}
	var rest imap.UIDSet
	in := Member(others)
	for _, uid := range Members(set) {
		if !in(uid) {
			rest = appendUID(rest, uid)
		}
	}
	return rest
}

// Member makes a test for membership in a set that costs a binary search;
// UIDSet.Contains walks the ranges. The set must not hold "*".
func Member(set imap.UIDSet) func(imap.UID) bool {
	ranges := slices.Clone(set)
	slices.SortFunc(ranges, func(a, b imap.UIDRange) int { return int(int64(a.Start) - int64(b.Start)) })
	return func(uid imap.UID) bool {
		i := sort.Search(len(ranges), func(i int) bool { return ranges[i].Start > uid })
		return i > 0 && uid <= ranges[i-1].Stop
	}
}

// Newest gives the highest n of a set. The set must not hold "*".
func Newest(set imap.UIDSet, n int) imap.UIDSet {
	ranges := slices.Clone(set)
	slices.SortFunc(ranges, func(a, b imap.UIDRange) int { return int(int64(a.Start) - int64(b.Start)) })
	for i := len(ranges) - 1; i >= 0; i-- {
		r := &ranges[i]
		long := int(r.Stop-r.Start) + 1
		if long >= n {
			r.Start = r.Stop - imap.UID(n) + 1
			return ranges[i:]
		}
		n -= long
	}
	return ranges
}
