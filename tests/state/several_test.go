package state_test

import (
	"sync"
	"testing"

	"popbridge/tests/bridge"
	"popbridge/tests/servers"
)

// TestSeveralInterrupted: one kill interrupts the QUITs of two devices, and the
// first login of a third settles both.
func TestSeveralInterrupted(t *testing.T) {
	const user = "sue@example.org"
	messages := servers.Messages(5)
	mail := dovecot(t, []string{user}, "")
	w := witness(t, mail, user)
	w.Fill("INBOX", messages)
	wire := newTripwire(t, mail.IMAP)
	d := onSQLite(t)
	start := func() *bridge.Bridge { return d.serve(t, wire.address, separator) }
	b := start()
	killed := make(chan struct{})
	release := sync.OnceFunc(func() { close(killed) })
	defer release()
	one, two := login(t, b, user, "one"), login(t, b, user, "two")
	one.OK("DELE 1")
	two.OK("DELE 3")
	for _, c := range []*bridge.Client{one, two} {
		held := make(chan struct{})
		// The journal asks for Message-IDs; the second command is the MOVE.
		wire.set(point{command: 2, when: unsent}, func() {
			close(held)
			<-killed
		})
		c.Send("QUIT\r\n")
		<-held
	}
	b.Kill()
	release()
	wire.set(point{}, nil)

	b = start()
	c := login(t, b, user, "three")
	same(t, "what a third device sees", values(texts(c)), [][]byte{messages[1], messages[3], messages[4]})
	c.Quit()
	holds(t, w, "Trash", [][]byte{messages[0], messages[2]})
}
