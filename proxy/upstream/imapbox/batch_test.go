package imapbox_test

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"popbridge/proxy/upstream"
	"popbridge/tests/liars"
	"popbridge/translate"
)

var announced = regexp.MustCompile(`\{(\d+)\}\r\n`)

// responses takes an answer apart; the last one is the tagged line.
func responses(answer string) (list []string) {
	for answer != "" {
		end := strings.Index(answer, "\r\n") + 2
		if found := announced.FindStringSubmatchIndex(answer[:end]); found != nil {
			n, _ := strconv.Atoi(answer[found[2]:found[3]])
			end += n
			end += strings.Index(answer[end:], "\r\n") + 2
		}
		list, answer = append(list, answer[:end]), answer[end:]
	}
	return list
}

// edit changes the responses of an honest answer.
func edit(change func(r []string) []string) liars.Lie {
	return liars.Edit(func(answer string) string { return strings.Join(change(responses(answer)), "") })
}

// instead says something else in the place of what the server has under a UID.
func instead(uid int, text string) liars.Lie {
	return edit(func(r []string) []string {
		for i := range r {
			if strings.Contains(r[i], fmt.Sprintf("(UID %d ", uid)) {
				r[i] = text
			}
		}
		return r
	})
}

// TestEndOfABatch: whatever a server says after some messages of a batch, those
// that it went on after are whole, and those that had not come are asked for again
// or refused. What a refusal comes right after, with nothing else owed, is in doubt.
func TestEndOfABatch(t *testing.T) {
	no := "{tag} NO [SERVERBUG] " + liars.Words + "\r\n"
	for name, c := range map[string]struct {
		keep   int    // responses of the batch of the messages 3 to 8
		last   string // what follows them
		doubt  int    // the message that may not end, 0 for none
		logins int64
	}{
		"NO before the first":  {0, no, 0, 1},
		"BAD before the first": {0, "{tag} BAD " + liars.Words + "\r\n", 0, 1},
		"NO behind the second": {2, no, 0, 1},
		"BAD behind the first": {1, "{tag} BAD " + liars.Words + "\r\n", 0, 1},
		"NO behind the last":   {6, no, 8, 1},
		"BYE behind the first": {1, "* BYE " + liars.Words + "\r\n", 0, 2},
		"BYE behind the last":  {6, "* BYE " + liars.Words + "\r\n", 8, 1},
		"nonsense behind":      {2, "! what?\r\n", 4, 2},
		"another's tag":        {2, "A999 OK done\r\n", 4, 2},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.fill(8, 500)
			m, drop := s.maildrop()
			s.server.Lie(liars.Once("UID FETCH 13:18 ", func(x *liars.Exchange) {
				x.Send(strings.Join(responses(x.Carry())[:c.keep], "") + c.last)
				if strings.HasPrefix(c.last, "* BYE") {
					x.Close()
				}
			}))
			for n := 1; n <= 8; n++ {
				got, err := s.fetch(m, drop, n)
				switch {
				case got != s.text(uidOf(t, drop, n)):
					t.Errorf("RETR %d gives %.60q (%v)", n, got, err)
				case n == c.doubt && err == nil:
					t.Errorf("RETR %d ends, and the server had cried", n)
				case n != c.doubt && err != nil:
					t.Errorf("RETR %d: %v", n, err)
				}
			}
			s.close(m)
			s.nothingInFlight()
			s.is("logins", upstream.Logins, c.logins)
		})
	}
}

// TestServerWithoutBatches refuses every command that names several messages:
// slower, and nothing is wrong.
func TestServerWithoutBatches(t *testing.T) {
	s := newSite(t)
	s.fill(12, 500)
	m, drop := s.maildrop()
	s.server.Lie(liars.Always(":22 (UID BODY", liars.Bad()))
	s.retr(m, drop, oneTo(12)...)
	s.close(m)
	s.is("logins", upstream.Logins, 1)
	s.nothingInFlight()
	if !slices.ContainsFunc(s.batches(), func(b []int) bool { return len(b) > 1 }) {
		t.Error("there was no batch: the test tests nothing")
	}
}

// TestLiesWithinABatch: a device gets a message as the server holds it, or no end
// of it.
func TestLiesWithinABatch(t *testing.T) {
	for name, c := range map[string]struct {
		lie     liars.Lie
		trouble bool // some message may come to no end
	}{
		"more octets than announced":   {instead(14, "* 4 FETCH (UID 14 BODY[] {5}\r\nSubject: message 4)\r\n"), true},
		"fewer, and the next is eaten": {instead(14, "* 4 FETCH (UID 14 BODY[] {600}\r\nSubject: message 4)\r\n"), true},
		"two UIDs":                     {instead(14, "* 4 FETCH (UID 14 BODY[] {1}\r\nx UID 15)\r\n"), true},
		"two bodies":                   {instead(14, "* 4 FETCH (BODY[] {1}\r\nx BODY[] {1}\r\ny UID 14)\r\n"), true},
		"twice":                        {edit(func(r []string) []string { return slices.Insert(r, 2, r[1]) }), false},
		"twice, the second time other": {edit(func(r []string) []string {
			return slices.Insert(r, 2, "* 4 FETCH (UID 14 BODY[] {1}\r\nx)\r\n")
		}), false},
		"backwards": {edit(func(r []string) []string { slices.Reverse(r[:len(r)-1]); return r }), false},
		"flags between": {edit(func(r []string) []string {
			return slices.Insert(r, 2, "* 5 FETCH (UID 15 FLAGS (\\Seen))\r\n", "* 9 EXISTS\r\n")
		}), false},
		"the flags of each": {edit(func(r []string) []string {
			for i := range r {
				r[i] = strings.Replace(r[i], " BODY", " FLAGS (\\Seen) BODY", 1)
			}
			return r
		}), false},
		"UIDs behind": {edit(func(r []string) []string {
			for i := range r[:len(r)-1] {
				uid := fmt.Sprintf("UID %d ", 13+i)
				r[i] = strings.Replace(strings.TrimSuffix(r[i], ")\r\n"), uid, "", 1) + " " + strings.TrimSpace(uid) + ")\r\n"
			}
			return r
		}), false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.fill(8, 500)
			m, drop := s.maildrop()
			s.server.Lie(liars.Once("UID FETCH 13:18 ", c.lie))
			failed := 0
			for n := 1; n <= 8; n++ {
				got, err := s.fetch(m, drop, n)
				if want := s.text(uidOf(t, drop, n)); err == nil && got != want {
					t.Errorf("RETR %d gives %.60q, want %.60q", n, got, want)
				}
				if err != nil {
					failed++
				}
			}
			if failed > 0 != c.trouble {
				t.Errorf("%d messages came to no end", failed)
			}
			s.close(m)
			s.nothingInFlight()
		})
	}
}

// TestMarkedInFlight: a device that marks what it has been read ahead of does not
// make anything be fetched twice.
func TestMarkedInFlight(t *testing.T) {
	s := newSite(t)
	s.fill(60, 500)
	m, drop := s.maildrop()
	s.retr(m, drop, 1, 2)
	for n := 5; n <= 60; n += 5 {
		if err := drop.Delete(n); err != nil {
			t.Fatal(err)
		}
	}
	for n := 3; n <= 60; n++ {
		if n%5 != 0 {
			s.retr(m, drop, n)
		}
	}
	s.close(m)
	s.nothingInFlight()
	asked := s.asked()
	slices.Sort(asked)
	if once := slices.Compact(slices.Clone(asked)); len(once) != len(asked) {
		t.Errorf("asked for %v, some twice", asked)
	}
}

// TestBatchesAreFew: half of what may be in flight has been used when more is
// asked for, so that a thousand messages cost a few commands.
func TestBatchesAreFew(t *testing.T) {
	s := newSite(t)
	s.fill(1000, 500)
	m, drop := s.maildrop()
	s.retr(m, drop, oneTo(1000)...)
	s.close(m)
	if got := s.asked(); !slices.Equal(got, oneTo(1000)) {
		t.Errorf("asked for %d messages, want each once and in order", len(got))
	}
	if n := len(s.batches()); n > 16 {
		t.Errorf("%d commands for 1,000 messages", n)
	}
}

// TestBatchesFollowUIDs: messages that the maildrop has in another order than the
// server are not asked for in one batch, since they would have to be held.
func TestBatchesFollowUIDs(t *testing.T) {
	s := newSite(t)
	s.fill(6, 500)
	m, drop := s.maildrop()
	s.retr(m, drop, 1)
	msg, _ := drop.Message(2)
	mixed := func(yield func(translate.Message) bool) {
		for _, n := range []int{4, 3, 5} {
			next, _ := drop.Message(n)
			next.Number = 100 + len(s.batches())
			if !yield(next) {
				return
			}
		}
	}
	if err := m.Fetch(s.ctx, msg, mixed, io.Discard); err != nil {
		t.Fatal(err)
	}
	s.close(m)
	if got := s.batches(); len(got) != 3 || !slices.Equal(got[2], []int{4}) {
		t.Errorf("the batches are %v, want 4 alone", got)
	}
}
