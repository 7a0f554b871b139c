package imapbox_test

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"popbridge/proxy/upstream"
	"popbridge/tests/liars"
	"popbridge/translate"
)

// TestDeviceStopsInABigBatch: 16 MB are on their way to a device that reads no
// more. Neither its own account nor anybody else waits for it, and when it is gone
// its connection is not read to the end.
func TestDeviceStopsInABigBatch(t *testing.T) {
	const size = 1 << 20
	s := newSite(t)
	s.fill(20, size)
	s.drop.Prefetch = 16 << 20
	m, drop := s.maildrop()
	s.retr(m, drop, 1, 2)
	device := &stuck{reading: make(chan struct{}), goOn: make(chan struct{})}
	msg, _ := drop.Message(3)
	done := make(chan error, 1)
	go func() { done <- m.Fetch(s.ctx, msg, drop.After(3), device) }()
	<-device.reading
	if most := s.counts.most(upstream.PrefetchOctets); most != 16<<20 {
		t.Errorf("%d octets were read ahead: the test tests something else", most)
	}
	other, same := s.maildrop()
	s.retr(other, same, 1)
	s.close(other)
	close(device.goOn)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	before := s.counts.of(upstream.Connections)
	s.close(m)
	s.nothingInFlight()
	until(t, "the connection is closed", func() bool { return s.counts.of(upstream.Connections) == before-1 })
}

// TestLateUIDs: where a server names the UID after the body, a batch after a
// large message is not asked for, since nobody could tell whose body comes.
func TestLateUIDs(t *testing.T) {
	s := newSite(t)
	s.server.Mail(func(mail *liars.Mail) {
		inbox := mail.Inbox()
		inbox.Messages, inbox.UIDNext = nil, 11
		for i := range 6 {
			inbox.Add(fmt.Sprintf("Subject: %d\r\n\r\n", i) + strings.Repeat("x", map[int]int{2: 3 << 20}[i]) + "\r\n")
		}
	})
	m, drop := s.maildrop()
	s.server.Lie(liars.Always("UID FETCH", edit(func(r []string) []string {
		for i := range r[:len(r)-1] {
			uid := regexp.MustCompile(`UID \d+ `).FindString(r[i])
			r[i] = strings.Replace(strings.TrimSuffix(r[i], ")\r\n"), uid, "", 1) + " " + strings.TrimSpace(uid) + ")\r\n"
		}
		return r
	})))
	for n := 1; n <= 6; n++ {
		msg, _ := drop.Message(n)
		var got bytes.Buffer
		if err := m.Fetch(s.ctx, msg, drop.After(n), &got); err != nil || got.String() != s.text(msg.UID) {
			t.Fatalf("RETR %d gives %d octets and %v", n, got.Len(), err)
		}
	}
	s.close(m)
	s.is("logins", upstream.Logins, 1)
}

// TestPoisonedBatch: a server that says BYE to one message takes no other from the
// device, however often it comes back.
func TestPoisonedBatch(t *testing.T) {
	s := newSite(t)
	s.fill(8, 500)
	poisoned := func(x *liars.Exchange) {
		answer := x.Carry()
		if i := strings.Index(answer, "(UID 14 "); i >= 0 {
			x.Send(answer[:strings.LastIndex(answer[:i], "* ")])
			liars.Bye()(x)
			return
		}
		x.Send(answer)
	}
	for range 3 {
		m, drop := s.maildrop()
		s.server.Lie(liars.Always("BODY.PEEK[]", poisoned))
		for n := 1; n <= 8; n++ {
			got, err := s.fetch(m, drop, n)
			if n == 4 {
				var refusal *translate.Refusal
				if got != "" || !errors.As(err, &refusal) {
					t.Errorf("RETR 4 gives %.60q and %v", got, err)
				}
				continue
			}
			if err != nil || got != s.text(uidOf(t, drop, n)) {
				t.Errorf("RETR %d gives %.60q and %v", n, got, err)
			}
		}
		s.close(m)
		s.server.Lie()
	}
}
