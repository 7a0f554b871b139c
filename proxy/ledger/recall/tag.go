package recall

import "hash/maphash"

// Tag names rows that what was read may be made of. Two sets of rows may have one Tag:
// then a change of the one forgets what was made of the other, which costs a question to
// the database, and nothing else.
type Tag uint16

// tags is how many there are: so many accounts change before most of what is kept of
// others is forgotten with them.
const tags = 1 << 14

var seed = maphash.MakeSeed()

// Named is the Tag of rows that texts name. The first says of what kind they are.
func Named(names ...string) Tag {
	var h maphash.Hash
	h.SetSeed(seed)
	for _, name := range names {
		_, _ = h.WriteString(name) // never fails
		_ = h.WriteByte(0)
	}
	return Tag(h.Sum64() % tags)
}

// Numbered is the Tag of rows of a kind that a number names.
func Numbered(kind string, n int64) Tag {
	return Tag(maphash.Comparable(seed, numbered{kind, n}) % tags)
}

type numbered struct {
	kind string
	n    int64
}
