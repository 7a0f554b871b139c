package pop3box

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/proxy/upstream"
	"popbridge/translate"
)

// Prepare has nothing to make ready: what DELE and QUIT do needs no target, and a
// cut is settled by the unique-ids that are left.
func (m *Mailbox) Prepare(_ context.Context, ops []translate.Op) ([]translate.Op, error) {
	return ops, nil
}

// Apply removes messages with DELE and QUIT, which ends the session at the old
// server. It gives nil only if that has said +OK to QUIT: then all are gone but
// those that the Outcome names, whose DELE was refused. Messages that are gone
// already are done. Nothing is removed where a connection was lost since the device
// marked a message that has a twin: the other may have its number now. After a crash
// twins are left.
func (m *Mailbox) Apply(ctx context.Context, ops []translate.Op) (translate.Outcome, error) {
	var outcome translate.Outcome
	for _, op := range ops {
		if op.Kind != translate.OpDele {
			return outcome, translate.Permanent(fmt.Errorf("upstream %q is an old POP3 server, which can only remove messages", m.req.Upstream.Name))
		}
		refused, cause, err := m.remove(ctx, op)
		if err != nil {
			return translate.Outcome{}, refusal(m.req.Upstream, "removing messages", err)
		}
		if len(refused) > 0 {
			outcome.Refuse(refused, refusal(m.req.Upstream, "removing messages", cause))
		}
	}
	return outcome, nil
}

// errTwin refuses to remove what may be another message by now.
var errTwin = errors.New("the connection was lost, and a marked message has the unique-id of another one")

// remove marks with DELE and commits with QUIT, and gives the messages whose DELE
// was refused. A connection that is lost before QUIT is replaced once: nothing has
// been removed then.
func (m *Mailbox) remove(ctx context.Context, op translate.Op) (refused goimap.UIDSet, cause, err error) {
	var marked int
	for range upstream.Attempts {
		marked, refused, cause, err = m.mark(ctx, op)
		if err == nil || !m.conn.lost() || ctx.Err() != nil {
			break
		}
	}
	if err != nil || marked == 0 {
		return refused, cause, err
	}
	err = m.conn.client.Quit(ctx)
	// Whatever the answer, the session is over: after a cut it is open whether the
	// messages are gone.
	m.ended = true
	m.drop()
	return refused, cause, err
}

// mark marks those of the messages that are there, and gives their number and which
// were refused, with the first cause.
func (m *Mailbox) mark(ctx context.Context, op translate.Op) (n int, refused goimap.UIDSet, cause, err error) {
	if err := m.ready(ctx); err != nil {
		return 0, nil, nil, err
	}
	twins := make(map[goimap.UID]bool)
	if op.Doubt || m.reconnected {
		twins = translate.Twins(m.before.Entries)
		maps.Copy(twins, translate.Twins(m.listing.Entries))
	}
	var numbers []int
	marked := make(map[int]goimap.UID)
	for _, uid := range translate.Members(op.UIDs) {
		n, there := m.numbers.number(uid)
		switch {
		case !there:
		case twins[uid] && op.Doubt:
			m.req.Log.Warn("a message that was to be deleted before a crash is kept, because another one has its unique-id", "upstream", m.req.Upstream.Name, "account", m.req.Account)
		case twins[uid] && m.reconnected:
			return 0, nil, nil, errTwin
		default:
			numbers = append(numbers, n)
			marked[n] = uid
		}
	}
	if m.reconnected {
		if err := m.sameMessages(ctx, marked); err != nil {
			return 0, nil, nil, err
		}
	}
	slices.Sort(numbers)
	m.tally.Add(upstream.Commands, int64(len(numbers))+1)
	err = m.conn.client.Delete(ctx, numbers, m.conn.window, func(n int, err error) {
		refused.AddNum(marked[n])
		if cause == nil {
			cause = err
		}
	})
	if err == nil && cause != nil {
		// A server that has waited too long says -ERR and closes: that is no answer
		// to DELE.
		err = m.conn.client.Noop(ctx)
	}
	if err != nil {
		// Some are marked perhaps, and a QUIT would remove them.
		m.drop()
		return 0, nil, nil, err
	}
	return len(numbers) - len(translate.Members(refused)), refused, cause, nil
}
