package ledger_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/backend"
	"popbridge/proxy/ledger"
	"popbridge/translate"
)

// large is a mailbox of n messages with sizes as they are.
func large(n int) *translate.Listing {
	rnd := rand.New(rand.NewPCG(1, 2))
	l := &translate.Listing{UIDValidity: 7}
	uid := imap.UID(1000)
	for range n {
		uid += 1 + imap.UID(rnd.IntN(4)/3*rnd.IntN(200))
		l.Entries = append(l.Entries, translate.Entry{UID: uid, Size: 2000 + rnd.Int64N(98_000)})
	}
	l.UIDNext = uid + 1
	return l
}

// BenchmarkOctets measures the file, not the time: octets for each message of
// its listing, its content key and its pinned unique-id.
func BenchmarkOctets(b *testing.B) {
	const messages = 100_000
	l := large(messages)
	keys, pins := make(map[imap.UID]translate.ContentKey), make(map[imap.UID]string)
	for _, e := range l.Entries {
		var k translate.ContentKey
		for i := range k {
			k[i] = byte(rand.Uint32())
		}
		keys[e.UID], pins[e.UID] = k, string(translate.Format{}.Append(nil, 1690000000, e.UID))
	}
	for b.Loop() {
		s := sqliteAt(b).open(b)
		p := opens(b, s, key(""))
		last := ledger.Octets(b, s)
		for _, part := range []struct {
			unit  string
			facts translate.Facts
		}{
			{"listing-octets/message", translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: l}}},
			{"key-octets/message", translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Keys: keys}}},
			{"pin-octets/message", translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7}, Pins: pins}},
		} {
			records(b, p, part.facts)
			now := ledger.Octets(b, s)
			b.ReportMetric(float64(now-last)/messages, part.unit)
			last = now
		}
		closes(b, p)
		closes(b, s)
	}
}

// login is what a poll of an unchanged mailbox asks of the ledger.
func login(b *testing.B, s *ledger.Store, k backend.PageKey, l *translate.Listing) {
	p, err := s.OpenPage(context.Background(), k)
	if err != nil {
		b.Fatal(err)
	}
	if len(p.Listing().Entries) != len(l.Entries) {
		b.Fatalf("%d messages", len(p.Listing().Entries))
	}
	knows(b, p, 7)
	seen := p.Listing()
	records(b, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: &seen}})
	closes(b, p)
}

func BenchmarkLogin(b *testing.B) {
	l := large(100_000)
	s := sqliteAt(b).open(b)
	login := func(b *testing.B) { login(b, s, key(""), l) }
	p := opens(b, s, key(""))
	records(b, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: l}, Hide: imap.UIDSet{{Start: 1000, Stop: 1500}}})
	closes(b, p)
	b.Run("warm", func(b *testing.B) {
		b.ReportAllocs()
		writes := ledger.Writes(s)
		for b.Loop() {
			login(b)
		}
		b.ReportMetric(float64(ledger.Writes(s)-writes)/float64(b.N), "writes/login")
	})
	b.Run("cold", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			ledger.ForgetCache(s)
			login(b)
		}
	})
}

// BenchmarkNewMessage is a poll that finds one more message in a large mailbox,
// retrieves it and hides it.
func BenchmarkNewMessage(b *testing.B) {
	l := large(100_000)
	s := sqliteAt(b).open(b)
	p := opens(b, s, key(""))
	records(b, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: l}})
	b.ReportAllocs()
	for b.Loop() {
		next := p.Listing()
		uid := next.UIDNext
		next.Entries = append(next.Entries[:len(next.Entries):len(next.Entries)], translate.Entry{UID: uid, Size: 5000})
		next.UIDNext++
		records(b, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: &next, Octets: map[imap.UID]int64{uid: 5001}, Keys: map[imap.UID]translate.ContentKey{uid: {1}}}, Hide: imap.UIDSetNum(uid)})
	}
}

// BenchmarkQuit is what the ledger costs a QUIT that deletes five messages.
func BenchmarkQuit(b *testing.B) {
	s := sqliteAt(b).open(b)
	p := opens(b, s, key(""))
	records(b, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: large(10)}})
	intent := translate.Intent{UIDValidity: 7, UIDNext: 9000, Plan: translate.Plan{Deletes: 5}}
	for uid := range imap.UID(5) {
		intent.Marks = append(intent.Marks, translate.Mark{UID: uid + 1})
		intent.Deletions = append(intent.Deletions, translate.Deletion{UIDValidity: 7, UID: uid + 1, MessageID: "<message@example.org>", Action: translate.DeleteExpunge})
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := p.Intend(b.Context(), intent); err != nil {
			b.Fatal(err)
		}
		settles(b, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7}, Deletions: intent.Deletions})
	}
}

// BenchmarkAccounts is a login among few and among many accounts. Filling the
// ledger is what takes long.
func BenchmarkAccounts(b *testing.B) {
	for _, accounts := range []int{1_000, 1_000_000} {
		b.Run(fmt.Sprint(accounts), func(b *testing.B) {
			s := sqliteAt(b).open(b)
			l := listing(7, 1, 2, 3)
			ledger.Fill(b, s, accounts)
			k := key("")
			k.Account = "alice"
			p := opens(b, s, k)
			records(b, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: l}})
			closes(b, p)
			for b.Loop() {
				login(b, s, k, l)
			}
		})
	}
}
