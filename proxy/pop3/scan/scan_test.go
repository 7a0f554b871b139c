package scan

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
)

// byOctets is Change said as simply as it can be.
func byOctets(before byte, p []byte) int {
	for i, octet := range p {
		if octet == '\n' && before != '\r' || octet == '.' && before == '\n' {
			return i
		}
		before = octet
	}
	return len(p)
}

func check(t *testing.T, before byte, p []byte) {
	t.Helper()
	want := byOctets(before, p)
	if got := Change(before, p); got != want {
		t.Fatalf("behind %q in %q: %d instead of %d", before, p, got, want)
	}
	if got := byLines(before, p); got != want {
		t.Fatalf("behind %q in %q, by lines: %d instead of %d", before, p, got, want)
	}
}

// TestChangeWhereverItIs: what is to be changed is found at each place of slices of each
// length, at each alignment, and what stands around them is no part of them.
func TestChangeWhereverItIs(t *testing.T) {
	const longest = 200
	pieces := []string{"\n", "\r\n", "\n.", "\r\n.", ".", "\r.", "\n\n", "\r\r\n", "..", "\n\r", "\r"}
	for length := range longest + 1 {
		memory := bytes.Repeat([]byte("\n"), 64+length+64)
		alignment := length % 64
		p := memory[alignment : alignment+length]
		clear(p)
		for _, before := range []byte("x\r\n.") {
			check(t, before, p)
			for _, piece := range pieces {
				n := copy(p, piece)
				check(t, before, p)
				clear(p[:n])
			}
		}
		for at := range p {
			for _, piece := range pieces {
				n := copy(p[at:], piece)
				check(t, '\n', p)
				clear(p[at : at+n])
			}
		}
	}
	memory := make([]byte, 64+130)
	for alignment := range 64 {
		p := memory[alignment : alignment+130]
		for at := range p {
			p[at] = '\n'
			check(t, '\r', p)
			p[at] = 0
		}
	}
}

// TestChangeAcrossSeams: a text that is looked at piece by piece has its changes where it
// has them as a whole, wherever it is cut.
func TestChangeAcrossSeams(t *testing.T) {
	text := bytes.Repeat([]byte("Subject: x\r\n.dot\n.\r\n\r\n\n..\r\r\n.\r.\n"+"a line without anything that is worth a look at it\r\n"), 2)
	all := func(cuts ...int) (found []int) {
		before, from := byte('\n'), 0
		for _, to := range append(cuts, len(text)) {
			for at := from; at < to; {
				at += Change(before, text[at:to])
				if at < to {
					found = append(found, at)
					at++
				}
				before = text[at-1]
			}
			from = max(from, to)
		}
		return found
	}
	var want []int
	for i := range text {
		before := byte('\n')
		if i > 0 {
			before = text[i-1]
		}
		if byOctets(before, text[i:i+1]) == 0 {
			want = append(want, i)
		}
	}
	for a := range text {
		for b := a; b < len(text); b++ {
			if got := all(a, b); !slices.Equal(got, want) {
				t.Fatalf("cut at %d and %d: %v instead of %v", a, b, got, want)
			}
		}
	}
}

func FuzzChange(f *testing.F) {
	f.Add(byte('\n'), []byte(".\r\n"), uint8(0))
	f.Add(byte('\r'), bytes.Repeat([]byte("0123456789\r\n.123"), 9), uint8(7))
	f.Add(byte('x'), bytes.Repeat([]byte("0123456789\r\n123"), 9), uint8(15))
	f.Fuzz(func(t *testing.T, before byte, p []byte, alignment uint8) {
		moved := make([]byte, int(alignment)+len(p)+64)
		for i := range moved {
			moved[i] = '\n'
		}
		check(t, before, moved[alignment:int(alignment)+copy(moved[alignment:], p)])
		// Such texts are rare among those that are made up.
		lines := slices.Clone(p)
		for i := range lines {
			lines[i] = "\r\n\r\n..xx"[lines[i]%8]
		}
		check(t, before, lines)
		check(t, before, append(bytes.Repeat([]byte("x"), int(alignment)), lines...))
	})
}

func BenchmarkChange(b *testing.B) {
	line := append(bytes.Repeat([]byte("x"), 76), "\r\n"...)
	for _, size := range []int{16, 78, 8 << 10, 128 << 10} {
		p := bytes.Repeat(line, size/len(line)+1)[:size]
		for name, change := range map[string]func(byte, []byte) int{"Change": Change, "byLines": byLines} {
			b.Run(fmt.Sprintf("%s/%d", name, size), func(b *testing.B) {
				b.SetBytes(int64(size))
				for b.Loop() {
					if change('\r', p) != size {
						b.Fatal("something is to be changed")
					}
				}
			})
		}
	}
}
