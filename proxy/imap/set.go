package imap

import (
	"cmp"
	"slices"
	"strconv"

	goimap "github.com/emersion/go-imap/v2"
)

// maxSetText bounds the octets of a set in one of our commands, so that the line stays below the 8 KB that RFC 7162 §4
// tells servers to accept.
const maxSetText = 7000

// ranges gathers numbers that a server lists, in the order they come, as ranges. A list of numbers that no one has bounded is never spread out.
type ranges struct {
	set    goimap.UIDSet
	mixed  bool // not ascending so far
	number int
}

func (g *ranges) add(lo, hi uint32) {
	if lo > hi {
		lo, hi = hi, lo
	}
	if n := len(g.set); n > 0 {
		last := &g.set[n-1]
		if uint32(last.Stop) < lo && lo-uint32(last.Stop) == 1 {
			last.Stop = goimap.UID(hi)
			return
		}
		if lo <= uint32(last.Stop) {
			g.mixed = true
		}
	}
	g.set = append(g.set, goimap.UIDRange{Start: goimap.UID(lo), Stop: goimap.UID(hi)})
}

// sorted gives the numbers as ascending ranges that do not touch each other.
func (g *ranges) sorted() goimap.UIDSet {
	if !g.mixed || len(g.set) == 0 {
		return g.set
	}
	slices.SortFunc(g.set, func(a, b goimap.UIDRange) int { return cmp.Compare(a.Start, b.Start) })
	out := g.set[:1]
	for _, v := range g.set[1:] {
		last := &out[len(out)-1]
		if v.Start <= last.Stop || v.Start-last.Stop == 1 {
			last.Stop = max(last.Stop, v.Stop)
		} else {
			out = append(out, v)
		}
	}
	g.set, g.mixed = out, false
	return out
}

// rangesInto reads a sequence-set of plain numbers, which is what servers send: "*" has no meaning in a response.
func (c *Conn) rangesInto(g *ranges) {
	r := &c.r
	for {
		lo := r.number32()
		hi := lo
		if r.peek() == ':' {
			r.pos++
			hi = r.number32()
		}
		if !c.addNumber(g, lo, hi) || r.peek() != ',' {
			return
		}
		r.pos++
	}
}

// addNumber adds a range and bounds how many there may be; it says whether reading may go on.
func (c *Conn) addNumber(g *ranges, lo, hi uint32) bool {
	if g.number++; g.number > c.o.MaxNumbers {
		c.r.fail("more than %d numbers in one list", c.o.MaxNumbers)
	}
	if c.r.err != nil {
		return false
	}
	g.add(lo, hi)
	c.r.relax()
	return true
}

// setTexts writes the set for our commands, cut so that no piece is longer than maxSetText. UID 0 is "*".
func setTexts(set goimap.UIDSet) []string {
	var texts []string
	var b []byte
	for _, v := range set {
		from := len(b)
		if from > 0 {
			b = append(b, ',')
		}
		b = appendUID(b, v.Start)
		if v.Stop != v.Start {
			b = appendUID(append(b, ':'), v.Stop)
		}
		if len(b) > maxSetText {
			texts = append(texts, string(b[:from]))
			b = b[:copy(b, b[from+1:])]
		}
	}
	if len(b) > 0 {
		texts = append(texts, string(b))
	}
	return texts
}

func appendUID(b []byte, uid goimap.UID) []byte {
	if uid == 0 {
		return append(b, '*')
	}
	return strconv.AppendUint(b, uint64(uid), 10)
}

// static says whether the set names its messages without the server's help.
func static(set goimap.UIDSet) bool {
	for _, v := range set {
		if v.Start == 0 || v.Stop == 0 {
			return false
		}
	}
	return true
}
