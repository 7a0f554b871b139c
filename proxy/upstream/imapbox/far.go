package imapbox

import (
	"sync"
	"time"

	"popbridge/proxy/imap"
	"popbridge/translate"
)

// remoteness is how far away a server is: the shortest of the round trips that were
// measured on all connections to it. What a server needs to carry commands out is in
// them, and the shortest has the least of that.
type remoteness struct {
	measured int
	shortest time.Duration
}

// farAway is from which on a server is far away. Nearer ones answer so soon that to guess
// what the device will want saves it nothing that it would notice, and a near server that
// is busy is not slow each of so many times.
var farAway = remoteness{8, 20 * time.Millisecond}

// trips are the round trips to an upstream.
type trips struct {
	mu sync.Mutex
	remoteness
}

// took is told of a round trip.
func (t *trips) took(d time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.measured == 0 || d < t.shortest {
		t.shortest = d
	}
	t.measured++
}

// reach reports whether they are so many and so long.
func (t *trips) reach(r remoteness) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.measured >= r.measured && t.shortest >= r.shortest
}

// far reports whether the server is so far away that round trips are what a device waits
// for. All that may be in flight is in flight then, as soon as the device retrieves in
// order, and what has been used of it is asked for in smaller pieces: the server must
// not run out of work before the next command has come to it.
func (m *Mailbox) far() bool { return !m.lost() && m.conn.lessons.trips.reach(m.pool.far) }

// habit is what the last session on a connection lets expect of the next, which is the
// same account's.
type habit int

const (
	unknown habit = iota
	goesOn        // its device went on to the message after the first that it retrieved
	stops         // it did not
)

// guesses reports whether the messages after the first that a session retrieves are asked
// for together with it. Where the server is far away that saves a round trip if it is
// right, and costs the server what may be in flight if it is wrong: so the device must
// have gone on the last time or, where nothing is known, have begun with the maildrop's
// first message, and one that did not go on has to show again that it does.
func (m *Mailbox) guesses(msg translate.Message, section imap.Section) bool {
	if section != (imap.Section{}) || len(m.boxes) > 1 || !m.far() {
		return false
	}
	return m.conn.habit == goesOn || m.conn.habit == unknown && msg.Number == 1
}

// observe looks whether a device goes on in order with the second message that it asks
// for.
func (m *Mailbox) observe(msg translate.Message) {
	if msg.Number != m.last {
		m.decide(msg.UID == m.prefetch.expect)
	}
}

// decide settles what the session was undecided about.
func (m *Mailbox) decide(on bool) {
	if !m.undecided {
		return
	}
	m.undecided = false
	switch {
	case m.conn == nil:
	case on:
		m.conn.habit = goesOn
	default:
		m.conn.habit = stops
	}
}
