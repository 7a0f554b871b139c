package imapbox_test

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"

	"popbridge/proxy/upstream"
	"popbridge/tests/liars"
)

var partOf = regexp.MustCompile(`BODY\.PEEK\[\]<\d+\.\d+>`)

// wholeFor gives whole messages where a part was asked for; label is what stands
// after BODY[].
func wholeFor(label string) liars.Lie {
	return func(x *liars.Exchange) {
		x.Command = partOf.ReplaceAllString(x.Command, "BODY.PEEK[]")
		x.Send(strings.ReplaceAll(x.Carry(), "BODY[] ", "BODY[]"+label+" "))
	}
}

// TestWholeForAPart: Exchange and outlook.com give all of a message where TOP has
// asked for its beginning. TOP takes what it needs, the connection stays, and
// messages that follow are their own.
func TestWholeForAPart(t *testing.T) {
	for _, label := range []string{"", "<0>"} {
		for _, size := range []int{500, 8 << 10, 100 << 10, 1 << 20} {
			t.Run(fmt.Sprintf("%s%d octets", label, size), func(t *testing.T) {
				s := newSite(t)
				s.fill(8, size)
				m, drop := s.maildrop()
				s.server.Lie(liars.Always("BODY.PEEK[]<", wholeFor(label)))
				for _, n := range []int{1, 2, 3, 4, 6, 5, 8} {
					msg, _ := drop.Message(n)
					var got bytes.Buffer
					err := m.FetchTop(s.ctx, msg, 1, drop.After(n), &got)
					if want := fmt.Sprintf("Subject: message %d\r\n\r\n.%d.\r\n", n, n); err != nil || got.String() != want {
						t.Fatalf("TOP %d 1 gives %.80q (%v), want %q", n, got.String(), err, want)
					}
				}
				s.retr(m, drop, 7, 8)
				s.close(m)
				s.nothingInFlight()
				if size < 1<<20 { // what is given up of larger ones costs more than a login
					s.is("logins", upstream.Logins, 1)
				}
			})
		}
	}
}

// TestWholeWithoutEnd: what is read past for a TOP is bounded.
func TestWholeWithoutEnd(t *testing.T) {
	s := newSite(t)
	s.fill(2, 500)
	m, drop := s.maildrop()
	s.server.Lie(liars.Always("BODY.PEEK[]<", func(x *liars.Exchange) {
		x.Send("* 1 FETCH (UID 11 BODY[] {1000000000}\r\nSubject: x\r\n\r\n")
		liars.Flood(strings.Repeat("x", 998) + "\r\n")(x)
	}))
	msg, _ := drop.Message(1)
	if err := m.FetchTop(s.ctx, msg, 0, drop.After(1), io.Discard); err == nil || !strings.Contains(err.Error(), "whole messages") {
		t.Errorf("TOP 1 0 gives %v", err)
	}
	s.server.Lie()
	s.retr(m, drop, 1, 2)
	s.close(m)
}
