package upstream

import (
	"context"
	"io"
	"iter"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/proxy/imap"
	"popbridge/translate"
)

// Reading ahead: a device that retrieves in order gets the next messages before
// it asks. Their FETCHes are in flight behind the one that it is reading, so a
// round trip is paid once and not for each message. What has come waits in the
// connection's buffers; nothing is held here, and the server is stopped by TCP
// where the device is slow.
type ahead struct {
	flights []flight // in the order in which they were asked for
	expect  goimap.UID
	run     int // how many were fetched in order
}

// flight is one body that nobody has asked for yet.
type flight struct {
	uid     goimap.UID
	section imap.Section
	octets  int64 // reserved in the process's budget
	body    *imap.Body
}

// maxFlights bounds the commands in flight; the octets are bounded besides.
const maxFlights = 64

// begin gives the body of a message: one that is in flight, else a new one. It
// leaves the link with as many further messages in flight as the policy allows.
func (m *Mailbox) begin(ctx context.Context, msg translate.Message, section imap.Section, next iter.Seq[translate.Message]) (*imap.Body, error) {
	body := m.landed(ctx, msg.UID, section)
	if body == nil {
		// Nothing is in flight any more. What the device has asked for so far
		// stays known, or reading ahead would never begin.
		if err := m.connected(ctx); err != nil {
			return nil, err
		}
		var err error
		if body, err = m.link.conn.StartBody(ctx, msg.UID, section); err != nil {
			return nil, err
		}
	}
	m.look(ctx, msg, section, next)
	return body, nil
}

// landed takes a message out of what is in flight; what lies before it is given
// up, and where it is not there, all of it.
func (m *Mailbox) landed(ctx context.Context, uid goimap.UID, section imap.Section) *imap.Body {
	for !m.lost() && len(m.ahead.flights) > 0 {
		f := m.ahead.flights[0]
		m.ahead.flights = m.ahead.flights[1:]
		m.giveBack(f.octets)
		if f.uid == uid && f.section == section {
			m.tally.Add(AheadHits, 1)
			return f.body
		}
		m.tally.Add(AheadWasted, 1)
		m.drain(ctx, f)
	}
	return nil
}

// look sends FETCHes for the messages that the device will want next, if it goes
// on as it has begun. The window grows with each message that was right.
func (m *Mailbox) look(ctx context.Context, msg translate.Message, section imap.Section, next iter.Seq[translate.Message]) {
	a := &m.ahead
	if msg.UID == a.expect {
		a.run++
	} else {
		a.run = 0
	}
	a.expect = 0
	window, octets := 0, int64(m.req.Maildrop.Prefetch)
	if a.run > 0 {
		window = min(2<<min(a.run, 5), maxFlights)
	}
	behind := len(a.flights)
	for _, f := range a.flights {
		octets -= f.octets
	}
	for n := range next {
		if a.expect == 0 {
			a.expect = n.UID
		}
		if behind > 0 {
			behind-- // in flight already
			continue
		}
		size := wanted(n.Octets, section)
		if len(a.flights) >= window || size > octets || !m.borrow(size) {
			return
		}
		body, err := m.link.conn.StartBody(ctx, n.UID, section)
		if err != nil {
			m.giveBack(size)
			return
		}
		octets -= size
		a.flights = append(a.flights, flight{n.UID, section, size, body})
	}
}

func wanted(octets int64, section imap.Section) int64 {
	if section.Length > 0 {
		return min(octets, section.Length)
	}
	return octets
}

// drain reads a body that nobody wants: it is in flight, and a FETCH cannot be
// cancelled.
func (m *Mailbox) drain(ctx context.Context, f flight) {
	if _, err := f.body.CopyTo(ctx, io.Discard); err != nil {
		m.req.Log.Debug("a message that was read ahead came to nothing", "error", err)
	}
}

// clearAhead leaves nothing in flight.
func (m *Mailbox) clearAhead(ctx context.Context) {
	m.landed(ctx, 0, imap.Section{})
	m.forgetAhead()
}

// forgetAhead is for a connection that is gone.
func (m *Mailbox) forgetAhead() {
	for _, f := range m.ahead.flights {
		m.giveBack(f.octets)
	}
	m.tally.Add(AheadWasted, int64(len(m.ahead.flights)))
	m.ahead = ahead{}
}

// borrow takes octets from the process's budget, where it has them.
func (m *Mailbox) borrow(octets int64) bool {
	if !m.pool.ahead.take(octets) {
		return false
	}
	m.tally.Add(OctetsAhead, octets)
	return true
}

func (m *Mailbox) giveBack(octets int64) {
	m.pool.ahead.give(octets)
	m.tally.Add(OctetsAhead, -octets)
}
