package upstream

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/translate"
)

// Prepare has nothing to make ready: what DELE and QUIT do needs no target, and a
// cut is settled by the unique-ids that are left.
func (m *OldMailbox) Prepare(_ context.Context, ops []translate.Op) ([]translate.Op, error) {
	return ops, nil
}

// Apply removes messages with DELE and QUIT, which ends the session at the old
// server. It gives nil only if that has said +OK to QUIT: then all of them are
// gone. Messages that are gone already are done. Where one is refused nothing is
// removed, nor where a connection was lost since the device marked a message that
// has a twin: the other may have its number now. After a crash twins are left.
func (m *OldMailbox) Apply(ctx context.Context, ops []translate.Op) (translate.Outcome, error) {
	for _, op := range ops {
		if op.Kind != translate.OpDele {
			return translate.Outcome{}, translate.Permanent(fmt.Errorf("upstream %q is an old POP3 server, which can only remove messages", m.req.Upstream.Name))
		}
		if err := m.remove(ctx, op); err != nil {
			return translate.Outcome{}, oldRefusal(m.req.Upstream, "removing messages", err)
		}
	}
	return translate.Outcome{}, nil
}

// errTwin refuses to remove what may be another message by now.
var errTwin = errors.New("the connection was lost, and a marked message has the unique-id of another one")

// remove marks with DELE and commits with QUIT. A connection that is lost before
// QUIT is replaced once: nothing has been removed then.
func (m *OldMailbox) remove(ctx context.Context, op translate.Op) error {
	var marked int
	var err error
	for range attempts {
		marked, err = m.mark(ctx, op)
		if err == nil || !m.link.lost() || ctx.Err() != nil {
			break
		}
	}
	if err != nil || marked == 0 {
		return err
	}
	err = m.link.conn.Quit(ctx)
	// Whatever the answer, the session is over: after a cut it is open whether the
	// messages are gone.
	m.ended = true
	m.drop()
	return err
}

// mark marks those of the messages that are there, and gives their number.
func (m *OldMailbox) mark(ctx context.Context, op translate.Op) (int, error) {
	if err := m.ready(ctx); err != nil {
		return 0, err
	}
	twins := make(map[goimap.UID]bool)
	if op.Doubt || m.anew {
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
			m.req.Log.Warn("a message that was to be deleted before a crash is left, since another one has its unique-id", "upstream", m.req.Upstream.Name, "account", m.req.Account)
		case twins[uid] && m.anew:
			return 0, errTwin
		default:
			numbers = append(numbers, n)
			marked[n] = uid
		}
	}
	if m.anew {
		if err := m.sameAnew(ctx, marked); err != nil {
			return 0, err
		}
	}
	slices.Sort(numbers)
	m.tally.Add(Commands, int64(len(numbers))+1)
	err := m.link.conn.Delete(ctx, numbers, m.link.window)
	if err != nil && (m.link.lost() || m.link.conn.Reset(ctx) != nil) {
		// Those that were not refused are marked, and the next QUIT would remove
		// them: without an OK to RSET there must not be one.
		m.drop()
	}
	return len(numbers), err
}
