package pop3box

import (
	"context"
	"errors"
	"fmt"
	"time"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/proxy/backend"
	"popbridge/proxy/pop3"
	"popbridge/proxy/upstream"
	"popbridge/translate"
)

// Mailbox is one device's maildrop on an old POP3 server. It is used by one
// goroutine. Its connection is a session there and holds the maildrop's lock, so
// it is neither parked nor let go while the device is silent; one that is lost is
// replaced, and messages are found again by their unique-ids.
type Mailbox struct {
	pool  *Pool
	req   backend.Request
	tally upstream.Tally
	conn  *connection // nil or lost: the next use gets another
	ended bool        // by our own QUIT: only List begins another session
	// wanted is closed when another login wants the maildrop; nil before Yield.
	wanted <-chan struct{}

	reconnected bool                                 // message numbers were found again on another connection
	before      translate.Listing                    // what was known when it was last listed
	listing     translate.Listing                    // as it was last listed
	numbers     *numbering                           // of the present session; nil: not known
	seen        map[goimap.UID]translate.Description // from headers that came with what the device retrieved
}

// Server says that there is nothing but DELE.
func (m *Mailbox) Server() translate.Server { return translate.Server{POP3: true, Mailbox: "INBOX"} }

// errEnded says that QUIT has been said to the old server.
var errEnded = errors.New("the session at the old server has ended with QUIT")

// ready gives a live connection whose message numbers are known.
func (m *Mailbox) ready(ctx context.Context) error {
	if m.ended {
		return errEnded
	}
	if !m.conn.lost() && m.numbers != nil {
		return nil
	}
	if err := m.connected(ctx); err != nil {
		return err
	}
	now, err := m.ask(ctx)
	if err != nil {
		return err
	}
	a, err := translate.Assign(m.listing, given(now))
	if err == nil {
		m.numbers, m.reconnected = &numbering{uids: a.UIDs, now: now}, true
	}
	return err
}

// connected gives a live connection, a new one where the last was lost.
func (m *Mailbox) connected(ctx context.Context) error {
	if !m.conn.lost() {
		return nil
	}
	m.drop()
	ctx, cancel := context.WithTimeout(ctx, 2*m.req.Upstream.Timeout)
	defer cancel()
	c, err := m.pool.connect(ctx, m.req)
	if err == nil {
		m.conn = c
	}
	return err
}

// drop closes the connection without QUIT, and forgets its numbers.
func (m *Mailbox) drop() {
	m.numbers = nil
	if m.conn != nil {
		m.conn.close()
	}
	m.conn = nil
}

// numbering is which message has which number in one session. A device that polls
// for nothing needs none of them, so that they are looked for when one is asked.
type numbering struct {
	uids   []goimap.UID
	now    pop3.Listing
	places map[goimap.UID]int
}

// number gives a message's number, false where it is not in the maildrop.
func (n *numbering) number(uid goimap.UID) (int, bool) {
	if n.places == nil {
		n.places = make(map[goimap.UID]int, len(n.uids))
		for i, uid := range n.uids {
			n.places[uid] = i
		}
	}
	i, there := n.places[uid]
	if !there {
		return 0, false
	}
	return n.now[i].Number, true
}

func given(l pop3.Listing) []translate.Given {
	list := make([]translate.Given, len(l))
	for i, m := range l {
		list[i] = translate.Given{UniqueID: m.UniqueID, Octets: m.Octets}
	}
	return list
}

// List gives what the maildrop holds. Messages keep the UIDs that known gives
// their unique-ids.
func (m *Mailbox) List(ctx context.Context, known translate.Listing) (translate.Listing, error) {
	if known.UIDValidity == translate.AssignedValidity && known.UIDNext == 0 {
		return known, translate.Temporary(translate.ErrDamagedListing)
	}
	if known.UIDValidity != translate.AssignedValidity {
		known = translate.Listing{} // an IMAP server had this name before
	}
	var now pop3.Listing
	var err error
	for range upstream.Attempts {
		m.ended = false
		if err = m.connected(ctx); err == nil {
			now, err = m.ask(ctx)
		}
		if err == nil || !m.conn.lost() || ctx.Err() != nil {
			break
		}
	}
	if err != nil {
		return translate.Listing{}, refusal(m.req.Upstream, "listing the maildrop", err)
	}
	list := given(now)
	a, err := translate.Assign(known, list)
	if err != nil {
		return translate.Listing{}, translate.Permanent(fmt.Errorf("upstream %q: %w", m.req.Upstream.Name, err))
	}
	m.tally.Add(upstream.ListingsFull, 1)
	m.report(a, list)
	m.numbers = &numbering{uids: a.UIDs, now: now}
	m.before, m.listing, m.reconnected = known, a.Listing, false
	return a.Listing, nil
}

// report tells an operator what is strange about the old server's unique-ids.
func (m *Mailbox) report(a translate.Assigned, list []translate.Given) {
	if a.Same {
		return // it was told when it was new
	}
	args := []any{"upstream", m.req.Upstream.Name, "account", m.req.Account, "messages", len(list)}
	if odd := translate.Odd(list); odd != (translate.Oddity{}) {
		m.req.Log.Warn("the old server gives unique-ids that RFC 1939 does not allow; devices get them as they are",
			append(args, "invalid", odd.Invalid, "repeated", odd.Repeated, "example", odd.Example)...)
	}
	if a.Renamed {
		m.req.Log.Warn("the old server has given every message a new unique-id; devices will retrieve all of them again", args...)
	}
}

// ask lists the maildrop in the old server's own numbers. Where it gives no
// unique-ids they are computed from headers.
func (m *Mailbox) ask(ctx context.Context) (pop3.Listing, error) {
	m.tally.Add(upstream.Commands, 2)
	now, complete, err := m.conn.client.List(ctx, m.conn.window > 1)
	if err != nil {
		return nil, err
	}
	for i := 0; i < len(now) && complete; i++ {
		complete = now[i].UniqueID != ""
	}
	if complete {
		return now, nil
	}
	return now, m.computeIDs(ctx, now)
}

// computeIDs gives unique-ids to all messages where the server has no UIDL, and to
// those that it gave an empty one.
func (m *Mailbox) computeIDs(ctx context.Context, now pop3.Listing) error {
	var numbers, places []int
	for i, msg := range now {
		if msg.UniqueID == "" {
			numbers, places = append(numbers, msg.Number), append(places, i)
		}
	}
	found := make(map[int]translate.ContentKey, len(numbers))
	err := m.headers(ctx, numbers, func(n int, header []byte, refused error) error {
		if refused != nil {
			return fmt.Errorf("message %d has no unique-id, and its header cannot be read: %w", n, translate.Temporary(refused))
		}
		key := translate.Describe(0, header).Key
		if key == (translate.ContentKey{}) {
			key = translate.HeaderKey(header)
		}
		found[n] = key
		return nil
	})
	if err != nil {
		return err
	}
	keys := make([]translate.ContentKey, len(numbers))
	for i, n := range numbers {
		keys[i] = found[n]
	}
	for i, id := range translate.ComputedIDs(keys) {
		now[places[i]].UniqueID = id
	}
	return nil
}

// Since gives all messages: an old server does not tell when one came, and what a
// device is not shown it takes for deleted.
func (m *Mailbox) Since(context.Context, time.Time) (goimap.UIDSet, error) {
	return goimap.UIDSet{{Start: 1, Stop: ^goimap.UID(0)}}, nil
}

// Seek gives all messages: an old server cannot search.
func (m *Mailbox) Seek(ctx context.Context, _ translate.Search) (goimap.UIDSet, error) {
	return m.Since(ctx, time.Time{})
}

// Rest keeps the connection: it is the session, and its lock.
func (m *Mailbox) Rest() {}

// Doubt has the next List begin another session at the old server: what this one
// shows is as old as its login.
func (m *Mailbox) Doubt() {
	if m.conn != nil {
		m.conn.logout()
	}
	m.conn, m.numbers = nil, nil
}

// Close ends the session at the old server. Nothing is marked there.
func (m *Mailbox) Close() error {
	if m.conn != nil {
		m.conn.logout()
	}
	m.conn = nil
	m.pool.yielding.leave(m.owner(), m)
	return nil
}
