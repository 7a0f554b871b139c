package imapbox

import (
	"context"
	"io"
	"iter"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/proxy/imap"
	"popbridge/proxy/upstream"
	"popbridge/translate"
)

// prefetch is what was asked for before the device asked. One that retrieves in order
// gets the next messages in batches, one command for many messages, after the one
// that it is reading: a round trip is paid once and not for each message, and the
// server, which spends most of its time on commands, spends it once. The next batch
// is asked for when half of what may be in flight has been used, and from a server that
// is far away earlier (see far). What has come waits in the connection's buffers;
// nothing is held here, and the server is stopped by TCP where the device is slow.
type prefetch struct {
	inFlight []pending  // in the order in which they were asked for
	kept     []pending  // came whole before another mailbox needed the connection
	expect   goimap.UID // the message that a device in order asks for next; 0: none
	run      int        // how many were fetched in order
}

// pending is one body in flight that the device has not asked for yet.
type pending struct {
	number  int // of the message in the maildrop
	uid     goimap.UID
	section imap.Section
	octets  int64 // reserved in the process's budget
	body    body
}

const (
	// maxInFlight bounds the bodies in flight; the octets are bounded besides.
	maxInFlight = 256
	// firstBatch is for a device that has asked for two messages in order; each
	// further one lets four times as many be in flight.
	firstBatch = 64
	// maxWaste is how many octets that nobody wants are read to keep the
	// connection: as many as come in about the time that a new login takes.
	maxWaste = 1 << 20
)

// begin gives the body of a message: one that is in flight, else a new one. It
// leaves the connection with as many further messages in flight as the policy allows.
func (m *Mailbox) begin(ctx context.Context, msg translate.Message, section imap.Section, next iter.Seq[translate.Message]) (b body, early bool, err error) {
	if b = m.takeKept(msg.UID, section); b != nil {
		m.tally.Add(upstream.PrefetchHits, 1)
		m.extend(ctx, msg, section, next)
		return b, true, nil
	}
	b = m.take(ctx, msg.UID, section)
	early = b != nil
	if !early {
		// Nothing is in flight any more. What the device has asked for so far
		// stays known, or prefetching would never begin.
		if err := m.connected(ctx); err != nil {
			return nil, false, err
		}
		if b, err = m.conn.wire.StartBody(ctx, msg.UID, section); err != nil {
			return nil, false, err
		}
	}
	m.extend(ctx, msg, section, next)
	return b, early, nil
}

// take takes a message out of what is in flight; what lies before it is read
// and dropped, and where it is not there, all is given up.
func (m *Mailbox) take(ctx context.Context, uid goimap.UID, section imap.Section) body {
	for i, f := range m.prefetch.inFlight {
		if f.uid != uid || f.section != section {
			continue
		}
		for _, unwanted := range m.prefetch.inFlight[:i] {
			m.skip(ctx, unwanted)
		}
		m.prefetch.inFlight = m.prefetch.inFlight[i+1:]
		m.giveBack(f.octets)
		if m.lost() {
			break
		}
		m.tally.Add(upstream.PrefetchHits, 1)
		return f.body
	}
	m.giveUp(ctx)
	return nil
}

// skip reads a body that nobody wants: it is in flight, and a FETCH cannot be
// cancelled.
func (m *Mailbox) skip(ctx context.Context, f pending) {
	m.giveBack(f.octets)
	m.tally.Add(upstream.PrefetchWasted, 1)
	if m.lost() {
		return
	}
	if _, err := f.body.CopyTo(ctx, io.Discard); err != nil {
		m.req.Log.Debug("a message that was read ahead came to nothing", "error", err)
	}
}

// extend asks for the messages that the device will want next, if it goes on as it
// has begun. The window grows with each message that was right.
func (m *Mailbox) extend(ctx context.Context, msg translate.Message, section imap.Section, next iter.Seq[translate.Message]) {
	p := &m.prefetch
	first := m.last == 0
	m.observe(msg)
	if msg.UID == p.expect {
		p.run++
	} else {
		p.run = 0
	}
	p.run = max(p.run, m.inOrder(msg.Number))
	p.expect = m.onward.of(next)
	free := m.window(msg, section, first && m.guesses(msg, section))
	m.undecided = m.undecided || first && p.expect != 0
	if free.messages > 0 {
		m.send(ctx, m.batch(msg, section, next, free), section)
	}
}

// batch is what to ask for next. Its octets are reserved.
func (m *Mailbox) batch(msg translate.Message, section imap.Section, next iter.Seq[translate.Message], free room) (batch []pending) {
	p := &m.prefetch
	last := msg.Number
	for _, f := range [][]pending{p.kept, p.inFlight} {
		if len(f) > 0 {
			last = max(last, f[len(f)-1].number)
		}
	}
	for n := range next {
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
		batch = append(batch, pending{n.Number, n.UID, section, size, nil})
	}
	return batch
}

// room is what may be asked for in one batch.
type room struct {
	messages int
	octets   int64
}

// window is nothing as long as more than a part of what may be in flight still is:
// a batch of one message each time would be no batch. A guess is made before the device
// has retrieved anything in order.
func (m *Mailbox) window(msg translate.Message, section imap.Section, guess bool) (free room) {
	p := &m.prefetch
	if p.run == 0 && !guess {
		return room{}
	}
	limit, part := room{maxInFlight, m.share()}, 8
	if !m.far() {
		limit.messages, part = min(firstBatch<<min(2*(p.run-1), 8), maxInFlight), 2
	}
	if m.conn != nil {
		limit.octets = min(limit.octets, m.conn.room)
	}
	if !m.lost() && (guess || m.conn.wire.Late()) {
		limit.octets -= m.wanted(msg.Octets, section) // it may have to be held in memory with them
	}
	free = room{limit.messages - len(p.inFlight) - len(p.kept), limit.octets - m.reserved}
	if part*free.messages < limit.messages || int64(part)*free.octets < limit.octets {
		return room{}
	}
	if len(m.boxes) > 1 && len(p.inFlight)+len(p.kept) > 0 {
		return room{} // the connection has another mailbox selected by then: a batch costs two round trips
	}
	return free
}

// send asks for a batch by one command.
func (m *Mailbox) send(ctx context.Context, batch []pending, section imap.Section) {
	if len(batch) == 0 {
		return
	}
	uids := make([]goimap.UID, len(batch))
	for i, f := range batch {
		uids[i] = f.uid
	}
	err := m.connected(ctx) // another mailbox may have the connection
	var bodies []*imap.Body
	if err == nil {
		bodies, err = m.conn.wire.StartBodies(ctx, uids, section)
	}
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
	m.prefetch.inFlight = append(m.prefetch.inFlight, batch...)
}

// wanted is how many octets will come of a message.
func (m *Mailbox) wanted(octets int64, section imap.Section) int64 {
	if section.Length > 0 && !m.lost() && !m.conn.wire.Generous() {
		return min(octets, section.Length)
	}
	return octets
}

// giveUp leaves nothing in flight. The connection lives on if what is on its way
// is little, else a new one is cheaper.
func (m *Mailbox) giveUp(ctx context.Context) {
	var octets int64
	for _, f := range m.prefetch.inFlight {
		octets += f.octets
		f.body.Drop()
	}
	m.releasePrefetch()
	if m.lost() {
		return
	}
	if octets > maxWaste {
		_ = m.conn.wire.Close()
		return
	}
	if err := m.conn.wire.Settle(ctx, maxWaste); err != nil {
		m.req.Log.Debug("giving up what was read ahead", "error", err)
	}
}

// stopPrefetch leaves nothing in flight, and forgets what the device has asked for.
func (m *Mailbox) stopPrefetch(ctx context.Context) {
	if m.user == m {
		m.giveUp(ctx)
	}
	m.releasePrefetch()
	m.releaseKept()
	m.prefetch = prefetch{}
}

// forgetInFlight is for a connection that is gone: what is kept has come.
func (m *Mailbox) forgetInFlight() {
	m.releasePrefetch()
	m.prefetch = prefetch{kept: m.prefetch.kept}
}

// releasePrefetch gives back the octets that were reserved for what is in flight.
func (m *Mailbox) releasePrefetch() {
	for _, f := range m.prefetch.inFlight {
		m.giveBack(f.octets)
	}
	m.tally.Add(upstream.PrefetchWasted, int64(len(m.prefetch.inFlight)))
	m.prefetch.inFlight = nil
}

// borrow takes octets from the process's budget, where it has them.
func (m *Mailbox) borrow(octets int64) bool {
	if !m.pool.prefetched.take(octets) {
		return false
	}
	m.reserved += octets
	m.tally.Add(upstream.PrefetchOctets, octets)
	return true
}

func (m *Mailbox) giveBack(octets int64) {
	m.pool.prefetched.give(octets)
	m.reserved -= octets
	m.tally.Add(upstream.PrefetchOctets, -octets)
}
