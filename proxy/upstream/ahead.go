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
// it asks. They are asked for in batches, one command for many messages, behind
// the one that it is reading: a round trip is paid once and not for each message,
// and the server, which spends most of its time on commands, spends it once. The
// next batch is asked for when half of what may be in flight has been used. What
// has come waits in the connection's buffers; nothing is held here, and the
// server is stopped by TCP where the device is slow.
type ahead struct {
	flights []flight // in the order in which they were asked for
	expect  goimap.UID
	run     int // how many were fetched in order
}

// flight is one body that nobody has asked for yet.
type flight struct {
	number  int // of the message in the maildrop
	uid     goimap.UID
	section imap.Section
	octets  int64 // reserved in the process's budget
	body    *imap.Body
}

const (
	// maxFlights bounds the bodies in flight; the octets are bounded besides.
	maxFlights = 256
	// firstBatch is for a device that has asked for two messages in order; each
	// further one lets four times as many be in flight.
	firstBatch = 64
	// maxWaste is how many octets that nobody wants are read to keep the
	// connection: as many as come in about the time that a new login takes.
	maxWaste = 1 << 20
)

// begin gives the body of a message: one that is in flight, else a new one. It
// leaves the link with as many further messages in flight as the policy allows.
func (m *Mailbox) begin(ctx context.Context, msg translate.Message, section imap.Section, next iter.Seq[translate.Message]) (body *imap.Body, early bool, err error) {
	body = m.landed(ctx, msg.UID, section)
	early = body != nil
	if !early {
		// Nothing is in flight any more. What the device has asked for so far
		// stays known, or reading ahead would never begin.
		if err := m.connected(ctx); err != nil {
			return nil, false, err
		}
		if body, err = m.link.conn.StartBody(ctx, msg.UID, section); err != nil {
			return nil, false, err
		}
	}
	m.look(ctx, msg, section, next)
	return body, early, nil
}

// landed takes a message out of what is in flight; what lies before it is read
// and dropped, and where it is not there, all is given up.
func (m *Mailbox) landed(ctx context.Context, uid goimap.UID, section imap.Section) *imap.Body {
	for i, f := range m.ahead.flights {
		if f.uid != uid || f.section != section {
			continue
		}
		for _, unwanted := range m.ahead.flights[:i] {
			m.skip(ctx, unwanted)
		}
		m.ahead.flights = m.ahead.flights[i+1:]
		m.giveBack(f.octets)
		if m.lost() {
			break
		}
		m.tally.Add(AheadHits, 1)
		return f.body
	}
	m.giveUp(ctx)
	return nil
}

// skip reads a body that nobody wants: it is in flight, and a FETCH cannot be
// cancelled.
func (m *Mailbox) skip(ctx context.Context, f flight) {
	m.giveBack(f.octets)
	m.tally.Add(AheadWasted, 1)
	if m.lost() {
		return
	}
	if _, err := f.body.CopyTo(ctx, io.Discard); err != nil {
		m.req.Log.Debug("a message that was read ahead came to nothing", "error", err)
	}
}

// look asks for the messages that the device will want next, if it goes on as it
// has begun. The window grows with each message that was right.
func (m *Mailbox) look(ctx context.Context, msg translate.Message, section imap.Section, next iter.Seq[translate.Message]) {
	a := &m.ahead
	if msg.UID == a.expect {
		a.run++
	} else {
		a.run = 0
	}
	a.expect = 0
	var batch []flight
	free := m.window(msg, section)
	last := msg.Number
	if len(a.flights) > 0 {
		last = a.flights[len(a.flights)-1].number
	}
	for n := range next {
		if a.expect == 0 {
			a.expect = n.UID
		}
		if free.messages == 0 {
			break
		}
		if n.Number <= last {
			continue // in flight, or it would have been asked for before
		}
		size := m.wanted(n.Octets, section)
		// Servers answer in the order of UIDs, and what comes before its turn has
		// to be held in memory.
		backwards := len(batch) > 0 && n.UID < batch[len(batch)-1].uid
		if size > free.octets || backwards || !m.borrow(size) {
			break
		}
		free.messages, free.octets = free.messages-1, free.octets-size
		batch = append(batch, flight{n.Number, n.UID, section, size, nil})
	}
	m.send(ctx, batch, section)
}

// room is what may be asked for in one batch.
type room struct {
	messages int
	octets   int64
}

// window is nothing as long as more than half of what may be in flight still is:
// a batch of one message each time would be no batch.
func (m *Mailbox) window(msg translate.Message, section imap.Section) (free room) {
	a := &m.ahead
	if a.run == 0 {
		return room{}
	}
	limit := room{min(firstBatch<<min(2*(a.run-1), 8), maxFlights), min(int64(m.req.Maildrop.Prefetch), m.link.room)}
	if m.link.conn.Late() {
		limit.octets -= m.wanted(msg.Octets, section) // it is held in memory with them
	}
	free = room{limit.messages - len(a.flights), limit.octets}
	for _, f := range a.flights {
		free.octets -= f.octets
	}
	if 2*free.messages < limit.messages || 2*free.octets < limit.octets {
		return room{}
	}
	return free
}

// send asks for a batch by one command.
func (m *Mailbox) send(ctx context.Context, batch []flight, section imap.Section) {
	if len(batch) == 0 {
		return
	}
	uids := make([]goimap.UID, len(batch))
	for i, f := range batch {
		uids[i] = f.uid
	}
	bodies, err := m.link.conn.StartBodies(ctx, uids, section)
	if err != nil {
		for _, f := range batch {
			m.giveBack(f.octets)
		}
		m.req.Log.Debug("reading ahead", "error", err)
		return
	}
	for i := range batch {
		batch[i].body = bodies[i]
	}
	m.ahead.flights = append(m.ahead.flights, batch...)
}

// wanted is how many octets will come of a message.
func (m *Mailbox) wanted(octets int64, section imap.Section) int64 {
	if section.Length > 0 && !m.link.conn.Generous() {
		return min(octets, section.Length)
	}
	return octets
}

// giveUp leaves nothing in flight. The connection lives on if what is on its way
// is little, else a new one is cheaper.
func (m *Mailbox) giveUp(ctx context.Context) {
	var octets int64
	for _, f := range m.ahead.flights {
		octets += f.octets
		f.body.Drop()
	}
	m.releaseAhead()
	if m.lost() {
		return
	}
	if octets > maxWaste {
		_ = m.link.conn.Close()
		return
	}
	if err := m.link.conn.Settle(ctx, maxWaste); err != nil {
		m.req.Log.Debug("giving up what was read ahead", "error", err)
	}
}

// clearAhead leaves nothing in flight, and forgets what the device has asked for.
func (m *Mailbox) clearAhead(ctx context.Context) {
	m.giveUp(ctx)
	m.ahead = ahead{}
}

// forgetAhead is for a connection that is gone.
func (m *Mailbox) forgetAhead() {
	m.releaseAhead()
	m.ahead = ahead{}
}

func (m *Mailbox) releaseAhead() {
	for _, f := range m.ahead.flights {
		m.giveBack(f.octets)
	}
	m.tally.Add(AheadWasted, int64(len(m.ahead.flights)))
	m.ahead.flights = nil
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
