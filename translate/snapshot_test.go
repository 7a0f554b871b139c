package translate_test

import (
	"errors"
	"maps"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
	"pgregory.net/rapid"

	"popbridge/translate"
)

// typical is a mailbox as they are: some UIDs are gone, sizes lie mostly between
// 2 KB and 100 KB, one in fifty is an attachment of megabytes.
func typical(n int) []translate.Entry {
	rnd := rand.New(rand.NewPCG(1, 2))
	entries := make([]translate.Entry, n)
	uid := imap.UID(1000)
	for i := range entries {
		uid += 1 + imap.UID(rnd.IntN(4)/3*rnd.IntN(200))
		size := 2_000 + rnd.Int64N(98_000)
		if rnd.IntN(50) == 0 {
			size = 1_000_000 + rnd.Int64N(25_000_000)
		}
		entries[i] = translate.Entry{UID: uid, Size: size}
	}
	return entries
}

func TestSnapshotTakesAtMostSixOctetsForEachMessage(t *testing.T) {
	entries := typical(100_000)
	data := translate.EncodeSnapshot(entries, nil)
	each := float64(len(data)) / float64(len(entries))
	t.Logf("%.2f octets for each message", each)
	if each > 6 {
		t.Errorf("%.2f octets for each message, not 6 or less", each)
	}
}

func TestSnapshotRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		uids := rapid.SliceOfNDistinct(rapid.Uint32Range(1, 1<<32-1), 0, 200, rapid.ID[uint32]).Draw(t, "uids")
		slices.Sort(uids)
		var want translate.Snapshot
		var plain []translate.Entry
		for _, uid := range uids {
			e := translate.Entry{
				UID:      imap.UID(uid),
				Size:     rapid.OneOf(rapid.Int64Range(0, math.MaxInt64), rapid.SampledFrom([]int64{1 << 62, math.MaxInt64})).Draw(t, "size"),
				Flags:    translate.EntryFlags(rapid.SampledFrom([]uint8{0, 0, 0, 1, 2, 3}).Draw(t, "flags")),
				UniqueID: rapid.SampledFrom([]string{"", "", "GmailId1893a", "GmailId1893b4", "x", "x\x00\xff", strings.Repeat("A", 8000)}).Draw(t, "unique-id"),
			}
			plain = append(plain, e)
			if rapid.Bool().Draw(t, "measured") {
				e.Size = rapid.Int64Range(0, math.MaxInt64).Draw(t, "octets")
				if want.Measured == nil {
					want.Measured = make(map[imap.UID]int64)
				}
				want.Measured[e.UID] = e.Size
			}
			want.Entries = append(want.Entries, e)
		}
		// In two pieces, as the ledger keeps a long one.
		cut := rapid.IntRange(0, len(plain)).Draw(t, "cut")
		var got translate.Snapshot
		for _, piece := range [][]translate.Entry{plain[:cut], plain[cut:]} {
			if err := translate.DecodeSnapshot(translate.EncodeSnapshot(piece, want.Measured), &got); err != nil {
				t.Fatal(err)
			}
		}
		if !slices.Equal(got.Entries, want.Entries) || !maps.Equal(got.Measured, want.Measured) {
			t.Fatalf("got %+v, want %+v", got, want)
		}
	})
}

func TestSnapshotRefusesDamage(t *testing.T) {
	data := translate.EncodeSnapshot(typical(50), map[imap.UID]int64{1003: 5})
	held := translate.Snapshot{Entries: []translate.Entry{{UID: 7, Size: 1}}}
	for i := range data {
		damaged := slices.Clone(data)
		damaged[i] ^= 0x10
		got := translate.Snapshot{Entries: slices.Clone(held.Entries)}
		if err := translate.DecodeSnapshot(damaged, &got); !errors.Is(err, translate.ErrSnapshot) {
			t.Errorf("octet %d changed: error %v", i, err)
		}
		if !reflect.DeepEqual(got, held) {
			t.Errorf("octet %d changed: the snapshot became %+v", i, got)
		}
		if err := translate.DecodeSnapshot(data[:i], &got); !errors.Is(err, translate.ErrSnapshot) {
			t.Errorf("cut after %d octets: error %v", i, err)
		}
	}
	got := translate.Snapshot{Entries: []translate.Entry{{UID: 5_000_000}}}
	if err := translate.DecodeSnapshot(data, &got); !errors.Is(err, translate.ErrSnapshot) {
		t.Errorf("pieces in the wrong order: error %v", err)
	}
}

func FuzzSnapshot(f *testing.F) {
	f.Add(translate.EncodeSnapshot(nil, nil))
	f.Add(translate.EncodeSnapshot(typical(3), map[imap.UID]int64{1001: 9}))
	f.Add(translate.EncodeSnapshot([]translate.Entry{{UID: 1<<32 - 1, Flags: 3, UniqueID: "a"}}, nil))
	f.Fuzz(func(t *testing.T, data []byte) {
		var s translate.Snapshot
		for _, data := range [][]byte{data, translate.SealSnapshot(data)} {
			if translate.DecodeSnapshot(data, &s) != nil {
				continue
			}
			var again translate.Snapshot
			if err := translate.DecodeSnapshot(translate.EncodeSnapshot(s.Entries, s.Measured), &again); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(s.Entries, again.Entries) || !maps.Equal(s.Measured, again.Measured) {
				t.Fatalf("%+v became %+v", s, again)
			}
			s = translate.Snapshot{}
		}
	})
}

func BenchmarkEncodeSnapshot(b *testing.B) {
	entries := typical(100_000)
	b.ReportAllocs()
	for b.Loop() {
		b.SetBytes(int64(len(translate.EncodeSnapshot(entries, nil))))
	}
}

func BenchmarkDecodeSnapshot(b *testing.B) {
	data := translate.EncodeSnapshot(typical(100_000), nil)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		var s translate.Snapshot
		if err := translate.DecodeSnapshot(data, &s); err != nil {
			b.Fatal(err)
		}
	}
}
