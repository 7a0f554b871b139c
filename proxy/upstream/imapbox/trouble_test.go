package imapbox_test

import (
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"popbridge/proxy/upstream"
	"popbridge/tests/liars"
	"popbridge/translate"
)

// TestVanishedInFlight: a message that another client removes between being read
// ahead and RETR is refused, or whole where it had come before.
func TestVanishedInFlight(t *testing.T) {
	for name, lie := range map[string]liars.Lie{
		"no answer":        instead(13, ""),
		"NIL":              instead(13, "* 3 FETCH (UID 13 BODY[] NIL)\r\n"),
		"told":             instead(13, "* 3 EXPUNGE\r\n"),
		"another in place": instead(13, "* 3 FETCH (UID 99 BODY[] {7}\r\nforeign)\r\n"),
		"refused":          liars.No("[EXPUNGEISSUED]"),
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.fill(12, 500)
			m, drop := s.maildrop()
			s.server.Lie(liars.Always("UID FETCH 13", lie))
			s.retr(m, drop, 1, 2)
			until(t, "message 3 is in flight", func() bool { return slices.Contains(s.asked(), 3) })
			if got, err := s.fetch(m, drop, 3); got != "" || err == nil {
				t.Errorf("RETR 3 gives %.60q and %v, want nothing and an error", got, err)
			} else if name != "refused" && !errors.Is(err, translate.ErrGone) {
				t.Errorf("RETR 3: %v, want %v", err, translate.ErrGone)
			}
			s.server.Lie()
			s.retr(m, drop, 4, 5, 6, 7, 8, 9, 10, 11, 12)
			s.close(m)
			s.is("logins", upstream.Logins, 1)
			s.nothingInFlight()
		})
	}
	t.Run("after it came", func(t *testing.T) {
		s := newSite(t)
		s.fill(12, 500)
		m, drop := s.maildrop()
		s.retr(m, drop, 1, 2, 3) // and 4 has come after 3
		want := s.text(14)
		s.server.Mail(func(mail *liars.Mail) { mail.Inbox().Remove(func(msg *liars.Message) bool { return msg.UID == 14 }) })
		if got, err := s.fetch(m, drop, 4); err != nil || got != want {
			t.Errorf("RETR 4 gives %q and %v, want it whole", got, err)
		}
		s.retr(m, drop, 5, 6)
		s.close(m)
	})
}

// TestCutInFlight cuts the upstream at many places of the answer to the batch of
// messages 3 to 8. A device gets each message whole, or the true beginning of it
// and an error.
func TestCutInFlight(t *testing.T) {
	const size = 300
	for cut := 0; cut < 6*(size+40); cut += 7 {
		s := newSite(t)
		s.fill(8, size)
		m, drop := s.maildrop()
		s.server.Lie(liars.Once("UID FETCH 13:18 ", liars.CutAt(cut)))
		s.retr(m, drop, 1, 2)
		broken, last := 0, 0
		for n := 3; n <= 8; n++ {
			got, err := s.fetch(m, drop, n)
			want := s.text(uidOf(t, drop, n))
			switch {
			case err == nil && got != want:
				t.Errorf("cut after %d: RETR %d gives %.60q, want %.60q", cut, n, got, want)
			case err != nil && got == "":
				t.Errorf("cut after %d: RETR %d is refused, and it could be had: %v", cut, n, err)
			case err != nil && !strings.HasPrefix(want, got):
				t.Errorf("cut after %d: RETR %d begins with %.60q", cut, n, got)
			case err != nil:
				broken, last = broken+1, n
			}
		}
		if broken > 1 {
			t.Errorf("cut after %d: %d messages were broken off by one cut", cut, broken)
		}
		s.close(m)
		s.nothingInFlight()
		if last < 8 {
			s.is("connections", upstream.Connections, 1)
		}
	}
}

// TestDiesInFlight: what the dead connection owed is asked for again, unseen by the
// device.
func TestDiesInFlight(t *testing.T) {
	for name, death := range map[string]func(*liars.Server){
		"closed": (*liars.Server).Hangup,
		"BYE":    func(l *liars.Server) { l.Tell("* BYE " + liars.Words + "\r\n"); l.Hangup() },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.fill(30, 200)
			s.drop.Prefetch = 4 * 200
			m, drop := s.maildrop()
			s.retr(m, drop, 1, 2, 3)
			until(t, "messages are in flight", func() bool { return len(s.asked()) == 6 })
			death(s.server)
			s.retr(m, drop, oneTo(30)[3:]...)
			s.close(m)
			s.nothingInFlight()
			s.is("logins", upstream.Logins, 2)
		})
	}
}

// TestInterleaved: a server may answer the messages of a batch in any order, and
// commands in flight likewise (RFC 9051 §5.5); each message is still itself.
func TestInterleaved(t *testing.T) {
	s := newSite(t)
	s.fill(8, 400)
	s.drop.Prefetch = 4 * 400
	m, drop := s.maildrop()
	var late atomic.Pointer[[]string]
	s.server.Lie(
		liars.Once("UID FETCH 13:16 ", func(x *liars.Exchange) {
			r := responses(x.Carry())
			x.Send(r[1] + r[0] + r[3])
			late.Store(&r)
		}),
		liars.Once("UID FETCH 17:18 ", func(x *liars.Exchange) {
			r, earlier := responses(x.Carry()), *late.Load()
			x.Send(r[0] + earlier[2] + r[1] + r[2] + "* 3 FETCH (FLAGS (\\Seen) UID 13)\r\n" + earlier[4])
		}),
	)
	s.retr(m, drop, oneTo(8)...)
	s.close(m)
	s.is("logins", upstream.Logins, 1)
	s.nothingInFlight()
	if late.Load() == nil || len(s.batches()) != 4 {
		t.Errorf("the batches are %v: the test tests nothing", s.batches())
	}
}

// stuck is a device that stops reading in the middle of a message.
type stuck struct {
	reading chan struct{} // closed with the first octet
	goOn    chan struct{}
	strings.Builder
}

func (d *stuck) Write(p []byte) (int, error) {
	if d.Len() == 0 {
		close(d.reading)
	}
	<-d.goOn
	return d.Builder.Write(p)
}

// TestDeviceThatDoesNotRead holds up nobody else, not its own account either, and
// what is on its way to it stays within the bound.
func TestDeviceThatDoesNotRead(t *testing.T) {
	const size, bound = 200_000, 3 * 200_000
	s := newSite(t)
	s.fill(40, size)
	s.drop.Prefetch = bound
	m, drop := s.maildrop()
	s.retr(m, drop, 1, 2)
	device := &stuck{reading: make(chan struct{}), goOn: make(chan struct{})}
	msg, err := drop.Message(3)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- m.Fetch(s.ctx, msg, drop.After(3), device) }()
	<-device.reading
	other, same := s.maildrop()
	s.retr(other, same, oneTo(40)...)
	s.close(other)
	if most := s.counts.most(upstream.PrefetchOctets); most > 2*bound {
		t.Errorf("%d octets were read ahead of two devices, want at most %d", most, 2*bound)
	}
	close(device.goOn)
	if err := <-done; err != nil {
		t.Fatalf("when it reads again: %v", err)
	}
	if device.String() != s.text(msg.UID) {
		t.Error("when it reads again the message is not right")
	}
	s.retr(m, drop, oneTo(40)[3:]...)
	s.close(m)
	s.nothingInFlight()
}

// TestDeviceGoesAway in the middle of a message: what is in flight after it does
// not become the next session's.
func TestDeviceGoesAway(t *testing.T) {
	for _, size := range []int{500, 300_000} { // less and more than is worth draining
		s := newSite(t)
		s.fill(10, size)
		m, drop := s.maildrop()
		s.retr(m, drop, 1, 2, 3)
		msg, err := drop.Message(4)
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Fetch(s.ctx, msg, drop.After(4), away{}); !errors.Is(err, errAway) {
			t.Errorf("the error is %v, want %v", err, errAway)
		}
		s.close(m)
		s.nothingInFlight()
		m, drop = s.maildrop()
		s.retr(m, drop, oneTo(10)...)
		s.close(m)
	}
}

var errAway = errors.New("the device is gone")

type away struct{}

func (away) Write([]byte) (int, error) { return 0, errAway }
