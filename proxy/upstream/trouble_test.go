package upstream_test

import (
	"errors"
	"fmt"
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
	gone := map[string]liars.Lie{
		"no answer":        liars.Say("{tag} OK done\r\n"),
		"NIL":              liars.Say("* 3 FETCH (UID 13 BODY[] NIL)\r\n{tag} OK done\r\n"),
		"told":             liars.Say("* 3 EXPUNGE\r\n{tag} OK done\r\n"),
		"refused":          liars.No("[EXPUNGEISSUED]"),
		"another in place": liars.Say("* 3 FETCH (UID 99 BODY[] {7}\r\nforeign)\r\n{tag} OK done\r\n"),
	}
	for name, lie := range gone {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.fill(12, 500)
			m, drop := s.maildrop()
			s.server.Lie(liars.Always("UID FETCH 13 ", lie))
			s.retr(m, drop, 1, 2)
			until(t, "message 3 is in flight", func() bool { return slices.Contains(s.asked(), 3) })
			if got, err := s.fetch(m, drop, 3); got != "" || err == nil {
				t.Errorf("RETR 3 gives %q and %v, want nothing and an error", got, err)
			} else if name != "refused" && !errors.Is(err, translate.ErrGone) {
				t.Errorf("RETR 3: %v, want %v", err, translate.ErrGone)
			}
			s.server.Lie()
			s.retr(m, drop, 4, 5, 6, 7, 8, 9, 10, 11, 12)
			s.close(m)
			s.is("logins", upstream.Logins, 1)
			s.landed()
		})
	}
	t.Run("after it came", func(t *testing.T) {
		s := newSite(t)
		s.fill(12, 500)
		m, drop := s.maildrop()
		want := s.text(13)
		s.retr(m, drop, 1, 2)
		until(t, "message 3 is in flight", func() bool { return slices.Contains(s.asked(), 4) }) // and answered
		s.server.Mail(func(mail *liars.Mail) { mail.Inbox().Remove(func(msg *liars.Message) bool { return msg.UID == 13 }) })
		if got, err := s.fetch(m, drop, 3); err != nil || got != want {
			t.Errorf("RETR 3 gives %q and %v, want it whole", got, err)
		}
		s.retr(m, drop, 4, 5)
		s.close(m)
	})
}

// TestCutInFlight cuts the upstream at many places of the answers to messages 3
// and 4 while they are in flight. A device gets each message whole, or the true
// beginning of it and an error.
func TestCutInFlight(t *testing.T) {
	const size = 300
	for _, uid := range []int{13, 14} {
		for cut := 0; cut < size+60; cut += 7 {
			s := newSite(t)
			s.fill(8, size)
			m, drop := s.maildrop()
			s.server.Lie(liars.Once(fmt.Sprintf("UID FETCH %d ", uid), liars.CutAt(cut)))
			s.retr(m, drop, 1, 2)
			broken := 0
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
					broken++
				}
			}
			if broken > 1 {
				t.Errorf("cut after %d: %d messages were broken off by one cut", cut, broken)
			}
			s.close(m)
			s.landed()
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
			m, drop := s.maildrop()
			s.retr(m, drop, 1, 2, 3)
			until(t, "messages are in flight", func() bool { return len(s.asked()) == 11 })
			death(s.server)
			s.retr(m, drop, oneTo(30)[3:]...)
			s.close(m)
			s.landed()
			s.is("logins", upstream.Logins, 2)
		})
	}
}

// TestInterleaved: a server may answer commands in flight in any order (RFC 9051
// §5.5); each message is still itself.
func TestInterleaved(t *testing.T) {
	s := newSite(t)
	s.fill(8, 400)
	m, drop := s.maildrop()
	var kept atomic.Pointer[string]
	s.server.Lie(
		liars.Once("UID FETCH 13 ", func(x *liars.Exchange) { late := x.Carry(); kept.Store(&late) }),
		liars.Once("UID FETCH 14 ", func(x *liars.Exchange) { x.Send(x.Carry()) }),
		liars.Once("UID FETCH 15 ", func(x *liars.Exchange) { x.Send(x.Carry() + *kept.Load()) }),
	)
	s.retr(m, drop, oneTo(8)...)
	s.close(m)
	s.is("logins", upstream.Logins, 1)
	s.landed()
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
	if most := s.counts.most(upstream.OctetsAhead); most > 2*bound {
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
	s.landed()
}

// TestDeviceGoesAway in the middle of a message: what is in flight behind it does
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
		s.landed()
		m, drop = s.maildrop()
		s.retr(m, drop, oneTo(10)...)
		s.close(m)
	}
}

var errAway = errors.New("the device is gone")

type away struct{}

func (away) Write([]byte) (int, error) { return 0, errAway }
