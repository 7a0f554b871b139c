package imapbox_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"popbridge/proxy/upstream"
	"popbridge/tests/liars"
)

// newFarSite is a site whose server counts as far away, however near it is.
func newFarSite(t testing.TB) *site {
	s := newSite(t)
	s.pool.FarFrom(0)
	return s
}

// session is one that retrieves some messages; it gives the batches that it was asked for.
func (s *site) session(numbers ...int) [][]int {
	before := len(s.batches())
	m, drop := s.maildrop()
	s.retr(m, drop, numbers...)
	s.close(m)
	s.nothingInFlight()
	return s.batches()[before:]
}

// TestGuessesWhereFarAway: what comes after the first message is asked for together with
// it, from a device that goes on or may do so, and not from one that did not.
func TestGuessesWhereFarAway(t *testing.T) {
	s := newFarSite(t)
	s.fill(6, 500)
	for _, c := range []struct {
		what    string
		numbers []int
		want    [][]int
	}{
		{"nothing is known, and it does not begin with the first", []int{3}, [][]int{{3}}},
		{"it does not go on", []int{1}, [][]int{{1}}},
		{"it goes on", []int{2, 3, 4}, [][]int{{2}, {3}, {4, 5, 6}}},
		{"it went on", []int{2, 3, 4}, [][]int{{2}, {3, 4, 5, 6}}},
		{"it jumps", []int{2, 5}, [][]int{{2}, {3, 4, 5, 6}}},
		{"it has jumped", []int{1, 2}, [][]int{{1}, {2}, {3, 4, 5, 6}}},
		{"the last has nothing after it", []int{6}, [][]int{{6}}},
		{"which says nothing", []int{4, 5, 6}, [][]int{{4}, {5, 6}}},
	} {
		if got := s.session(c.numbers...); !slices.EqualFunc(got, c.want, slices.Equal) {
			t.Errorf("%s: RETR %v asks for %v, want %v", c.what, c.numbers, got, c.want)
		}
	}
	s.is("logins", upstream.Logins, 1)
}

// TestFirstGuess is for a device of which nothing is known, and that begins with the first
// message; the bounds are those of all reading ahead.
func TestFirstGuess(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(*site)
		want    [][]int
	}{
		"far away":             {func(*site) {}, [][]int{{1}, {2, 3, 4, 5}}},
		"near":                 {func(s *site) { s.pool.FarFrom(time.Hour) }, [][]int{{1}}},
		"prefetch is 0":        {func(s *site) { s.drop.Prefetch = 0 }, [][]int{{1}}},
		"prefetch is of three": {func(s *site) { s.drop.Prefetch = 3 * 500 }, [][]int{{1}, {2, 3}}}, // the first is one of them
		"memory is of one":     {func(s *site) { s.configure(500) }, [][]int{{1}, {2}}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newFarSite(t)
			s.fill(5, 500)
			c.prepare(s)
			if got := s.session(1); !slices.EqualFunc(got, c.want, slices.Equal) {
				t.Errorf("RETR 1 asks for %v, want %v", got, c.want)
			}
		})
	}
}

// TestFarAwayIsMeasured: a server that takes its time for each command is far away, when
// it has done so often enough, on whichever connection.
func TestFarAwayIsMeasured(t *testing.T) {
	s := newSite(t)
	s.fill(5, 500)
	s.server.Lie(liars.Always("", func(x *liars.Exchange) {
		time.Sleep(25 * time.Millisecond)
		x.Send(x.Carry())
	}))
	if got := s.session(1); len(got) != 1 {
		t.Errorf("RETR 1 asks for %v before it is known how far away the server is", got)
	}
	for range 4 {
		s.close(s.openAs("bob"))
	}
	s.close(s.openAs("carol"))
	m := s.openAs("dave")
	if got := s.session(2, 3); len(got) != 3 {
		t.Errorf("RETR 2 and 3 ask for %v", got)
	}
	if got := s.session(1); len(got) != 2 {
		t.Errorf("RETR 1 asks for %v, want the others with it", got)
	}
	s.close(m)
}

// TestFarAwayIsKeptBusy: what has been used is asked for in small pieces.
func TestFarAwayIsKeptBusy(t *testing.T) {
	s := newFarSite(t)
	s.fill(100, 500)
	s.drop.Prefetch = 32 * 500
	batches := s.session(oneTo(100)...)
	if got := slices.Concat(batches...); !slices.Equal(got, oneTo(100)) {
		t.Errorf("asked for %v, want each once and in order", got)
	}
	for _, b := range batches[2:] {
		if len(b) > 4 {
			t.Errorf("a batch of %d where an eighth of 32 is free: %v", len(b), batches)
		}
	}
	if most := s.counts.most(upstream.PrefetchOctets); most != 32*500 {
		t.Errorf("at most %d octets were read ahead, want %d", most, 32*500)
	}
}

// TestGuessComesToNothing: a refusal, a cut or nonsense in what was only a guess takes no
// message from the device, and none of them is cut for it and looks whole.
func TestGuessComesToNothing(t *testing.T) {
	for name, c := range map[string]struct {
		on  string
		lie liars.Lie
	}{
		"refused":                     {"UID FETCH 12:", liars.No("[LIMIT]")},
		"refused, as the first is":    {"UID FETCH 11", liars.No("[INUSE]")},
		"nothing comes":               {"UID FETCH 12:", liars.Say("{tag} OK\r\n")},
		"BYE":                         {"UID FETCH 12:", liars.Bye()},
		"the end before the first":    {"UID FETCH 11", liars.Die()},
		"the end within the first":    {"UID FETCH 11", liars.CutAt(200)},
		"the end behind the first":    {"UID FETCH 12:", liars.Die()},
		"the end within what follows": {"UID FETCH 12:", liars.CutAt(1300)},
		"UIDs behind": {"UID FETCH", edit(func(r []string) []string {
			for i := range r[:len(r)-1] {
				if open := strings.Index(r[i], "(UID "); open >= 0 {
					uid := r[i][open+1 : open+len("(UID 11 ")]
					r[i] = strings.Replace(strings.TrimSuffix(r[i], ")\r\n"), uid, "", 1) + " " + strings.TrimSpace(uid) + ")\r\n"
				}
			}
			return r
		})},
	} {
		t.Run(name, func(t *testing.T) {
			s := newFarSite(t)
			s.fill(6, 500)
			m, drop := s.maildrop()
			s.server.Lie(liars.Once(c.on, c.lie))
			for n := 1; n <= 6; n++ {
				got, err := s.fetch(m, drop, n)
				want := s.text(uidOf(t, drop, n))
				if err == nil && got != want || err != nil && !strings.HasPrefix(want, got) {
					t.Errorf("RETR %d gives %.60q (%v)", n, got, err)
				}
				if cut := strings.Contains(name, "within"); err != nil && !(cut && got != "") && !strings.Contains(name, "as the first is") {
					t.Errorf("RETR %d is refused, and it could be had: %v", n, err)
				}
			}
			s.close(m)
			s.nothingInFlight()
		})
	}
}
