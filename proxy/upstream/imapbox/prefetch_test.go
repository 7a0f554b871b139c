package imapbox_test

import (
	"slices"
	"strings"
	"testing"

	"popbridge/proxy/upstream"
	"popbridge/proxy/upstream/imapbox"
	"popbridge/tests/liars"
	"popbridge/translate"
)

// nothingInFlight fails where something of prefetching is left when nothing is in flight.
func (s *site) nothingInFlight() {
	s.t.Helper()
	s.is("octets read ahead", upstream.PrefetchOctets, 0)
}

// TestReadsAhead of a device that retrieves in order: the next messages are asked
// for before the device asks, each once, and more of them as it goes on.
func TestReadsAhead(t *testing.T) {
	s := newSite(t)
	s.fill(400, 500)
	m, drop := s.maildrop()
	for i, want := range []int{1, 2 + 64, 3 + 256} {
		s.retr(m, drop, i+1)
		until(t, "the next messages are asked for", func() bool { return len(s.asked()) >= want })
	}
	for n := 4; n <= 400; n++ {
		s.retr(m, drop, n)
	}
	if got := s.asked(); !slices.Equal(got, oneTo(400)) {
		t.Errorf("asked for %v, want each once and in order", got)
	}
	s.is("hits", upstream.PrefetchHits, 398)
	s.is("waste", upstream.PrefetchWasted, 0)
	s.nothingInFlight()
	s.close(m)
}

// TestDoesNotReadAhead where the device jumps, or the operator does not want it.
func TestDoesNotReadAhead(t *testing.T) {
	jumps := []int{3, 1, 2, 9, 5, 4, 7, 6, 6, 20, 19, 18, 1}
	for name, c := range map[string]struct {
		prepare func(*site)
		order   []int
		asked   []int
	}{
		"jumps":              {func(*site) {}, []int{3, 1, 5, 9, 7, 7, 20, 18, 16, 1}, []int{3, 1, 5, 9, 7, 7, 20, 18, 16, 1}},
		"backwards":          {func(*site) {}, []int{5, 4, 3, 2, 1}, []int{5, 4, 3, 2, 1}},
		"prefetch is 0":      {func(s *site) { s.drop.Prefetch = 0 }, oneTo(20), oneTo(20)},
		"prefetch below one": {func(s *site) { s.drop.Prefetch = 499 }, oneTo(20), oneTo(20)},
		"no memory for it":   {func(s *site) { s.configure(499) }, oneTo(20), oneTo(20)},
		"both off, jumps":    {func(s *site) { s.drop.Prefetch = 0; s.mail.Reuse = 0 }, jumps, jumps},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.fill(20, 500)
			c.prepare(s)
			m, drop := s.maildrop()
			s.retr(m, drop, c.order...)
			s.close(m) // whatever was in flight has been noted by now
			if got := s.asked(); !slices.Equal(got, c.asked) {
				t.Errorf("asked for %v, want %v", got, c.asked)
			}
			s.is("hits", upstream.PrefetchHits, 0)
			if most := s.counts.most(upstream.PrefetchOctets); most != 0 {
				t.Errorf("%d octets were read ahead", most)
			}
		})
	}
}

// TestBoundsOfReadingAhead: maildrop.prefetch for one device, and
// limits.prefetch_memory for the process; beyond them it is slower and not worse.
func TestBoundsOfReadingAhead(t *testing.T) {
	const size = 1000
	for name, c := range map[string]struct {
		prefetch, memory int
		devices          int
		most             int64
	}{
		"prefetch":                  {3*size + size/2, 1 << 20, 1, 3 * size},
		"prefetch of each device":   {3 * size, 1 << 20, 2, 6 * size},
		"the process's memory":      {1 << 20, 5 * size, 1, 5 * size},
		"memory shared by several":  {4 * size, 5 * size, 3, 5 * size},
		"memory for nobody but one": {1 << 20, size, 3, size},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.fill(30, size)
			s.drop.Prefetch = translate.Size(c.prefetch)
			s.configure(translate.Size(c.memory))
			boxes := make([]*imapbox.Mailbox, c.devices)
			drops := make([]*translate.Maildrop, c.devices)
			for i := range boxes {
				boxes[i], drops[i] = s.maildrop()
			}
			for n := 1; n <= 30; n++ {
				for i, m := range boxes {
					s.retr(m, drops[i], n)
				}
			}
			if most := s.counts.most(upstream.PrefetchOctets); most != c.most {
				t.Errorf("at most %d octets were read ahead, want %d", most, c.most)
			}
			for _, m := range boxes {
				s.close(m)
			}
			s.nothingInFlight()
			if got := len(s.asked()); got != 30*c.devices {
				t.Errorf("%d messages were asked for, want %d", got, 30*c.devices)
			}
		})
	}
}

// TestOutOfOrder: what is in flight and not wanted is given up, and the device
// gets what it asks for.
func TestOutOfOrder(t *testing.T) {
	s := newSite(t)
	s.fill(60, 700)
	m, drop := s.maildrop()
	s.retr(m, drop, 1, 2, 3, 4, 30, 31, 32, 5, 33, 6, 7, 8, 9, 7, 60, 59, 10, 11, 12, 1, 2, 50, 51, 58, 59, 60, 60, 1)
	if hits := s.counts.of(upstream.PrefetchHits); hits == 0 {
		t.Error("nothing was ever read ahead: the test tests nothing")
	}
	s.close(m)
	s.nothingInFlight()
	s.is("parked", upstream.Parked, 1)
	m, drop = s.maildrop()
	s.retr(m, drop, oneTo(60)...)
	s.close(m)
	s.is("logins", upstream.Logins, 1)
}

// TestJumpsLeaveRoom: what is given up is in nobody's way. However often a device has jumped
// away from what was in flight, as much is read ahead for it as before.
func TestJumpsLeaveRoom(t *testing.T) {
	const size = 700
	s := newSite(t)
	s.fill(60, size)
	s.drop.Prefetch = 8 * size
	m, drop := s.maildrop()
	for range 3 {
		for n := 1; n <= 31; n += 5 {
			s.retr(m, drop, n, n+1, n+2)
		}
	}
	before := s.counts.of(upstream.PrefetchHits)
	s.retr(m, drop, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49)
	if hits := s.counts.of(upstream.PrefetchHits) - before; hits != 9 {
		t.Errorf("%d of ten messages in order had been read ahead, want all but the first", hits)
	}
	s.close(m)
	s.nothingInFlight()
}

// TestSkipsMarked: a message that is marked is not read ahead, and one that is
// marked while it is in flight disturbs nothing.
func TestSkipsMarked(t *testing.T) {
	s := newSite(t)
	s.fill(12, 500)
	m, drop := s.maildrop()
	mark := func(n int) {
		if err := drop.Delete(n); err != nil {
			t.Fatal(err)
		}
	}
	mark(3)
	s.retr(m, drop, 1, 2) // 4 to 12 are in flight
	mark(5)
	s.retr(m, drop, 4, 6, 7, 8)
	drop.Reset()
	s.retr(m, drop, 9, 3, 5, 10, 11, 12)
	s.close(m)
	s.nothingInFlight()
	if slices.Contains(s.asked()[:6], 3) {
		t.Errorf("asked for %v, and 3 was marked", s.asked())
	}
}

// TestTopsAreReadAhead: TOP n 0 for many messages becomes a few FETCHes of their
// beginnings, and never of more than that.
func TestTopsAreReadAhead(t *testing.T) {
	s := newSite(t)
	s.fill(40, 30_000)
	m, drop := s.maildrop()
	for n := 1; n <= 40; n++ {
		msg, err := drop.Message(n)
		if err != nil {
			t.Fatal(err)
		}
		var got strings.Builder
		if err := m.FetchTop(s.ctx, msg, 0, drop.After(n), &got); err != nil {
			t.Fatalf("TOP %d 0: %v", n, err)
		}
		head, _, _ := strings.Cut(s.text(msg.UID), "\r\n\r\n")
		if got.String() != head+"\r\n\r\n" {
			t.Errorf("TOP %d 0 gives %q", n, got.String())
		}
		if n == 2 {
			until(t, "the others are asked for", func() bool { return len(s.asked()) == 40 })
		}
	}
	s.close(m)
	s.is("hits", upstream.PrefetchHits, 38)
	if got := s.asked(); !slices.Equal(got, oneTo(40)) {
		t.Errorf("asked for %v, want each once and in order", got)
	}
	for _, c := range s.server.Commands() {
		if strings.Contains(c, "BODY.PEEK") && !strings.HasSuffix(c, "<0.8192>)") {
			t.Errorf("TOP n 0 asks for more than a beginning: %q", c)
		}
	}
	s.nothingInFlight()
}

// TestTopAndRetrDoNotMix: a beginning in flight is not a message.
func TestTopAndRetrDoNotMix(t *testing.T) {
	s := newSite(t)
	s.fill(10, 20_000)
	m, drop := s.maildrop()
	for n := 1; n <= 3; n++ {
		msg, _ := drop.Message(n)
		if err := m.FetchTop(s.ctx, msg, 0, drop.After(n), &strings.Builder{}); err != nil {
			t.Fatal(err)
		}
	}
	s.retr(m, drop, 4, 5, 6) // the beginnings of all are in flight
	msg, _ := drop.Message(7)
	var got strings.Builder
	if err := m.FetchTop(s.ctx, msg, 1, drop.After(7), &got); err != nil {
		t.Fatal(err)
	}
	if want := "Subject: message 7\r\n\r\n.7.\r\n"; got.String() != want {
		t.Errorf("TOP 7 1 gives %.80q, want %q", got.String(), want)
	}
	s.close(m)
	s.nothingInFlight()
}

// TestOtherCommandsWait for what is in flight: a listing, a description, the plan
// of a QUIT.
func TestOtherCommandsWait(t *testing.T) {
	s := newSite(t)
	s.fill(10, 5000)
	m, drop := s.maildrop()
	s.retr(m, drop, 1, 2)
	if err := m.Describe(s.ctx, set(11, 12), func(translate.Description) {}); err != nil {
		t.Error(err)
	}
	s.retr(m, drop, 3, 4, 5)
	for _, n := range []int{1, 2} {
		if err := drop.Delete(n); err != nil {
			t.Fatal(err)
		}
	}
	ops, err := m.Prepare(s.ctx, drop.Plan(m.Server()).Ops)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Apply(s.ctx, ops); err != nil {
		t.Fatal(err)
	}
	s.close(m)
	s.nothingInFlight()
	s.server.Mail(func(mail *liars.Mail) {
		if left := mail.Inbox().Messages; len(left) != 8 || left[0].UID != 13 {
			t.Errorf("after DELE 1, DELE 2 and QUIT %d messages are left", len(left))
		}
	})
	s.is("logins", upstream.Logins, 1)
}

// TestLetsGoWithMessagesInFlight: a connection changes hands only with nothing
// outstanding, when a session ends as when its device is silent.
func TestLetsGoWithMessagesInFlight(t *testing.T) {
	for name, letGo := range map[string]func(*imapbox.Mailbox){
		"closed": func(m *imapbox.Mailbox) { _ = m.Close() },
		"silent": (*imapbox.Mailbox).Rest,
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.fill(20, 5000)
			m, drop := s.maildrop()
			s.retr(m, drop, 1, 2, 3)
			if s.counts.of(upstream.PrefetchOctets) == 0 {
				t.Error("nothing is in flight: the test tests nothing")
			}
			letGo(m)
			s.nothingInFlight()
			next, drop := s.maildrop()
			s.retr(next, drop, oneTo(20)...)
			s.retr(m, drop, 4) // which has to log in again, since next has what was let go
			s.is("logins", upstream.Logins, 2)
			s.close(next)
			s.close(m)
			s.nothingInFlight()
		})
	}
}
