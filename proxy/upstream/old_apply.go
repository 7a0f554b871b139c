package upstream

import (
	"context"
	"fmt"
	"slices"

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
// removed.
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

func (m *OldMailbox) remove(ctx context.Context, op translate.Op) error {
	if err := m.ready(ctx); err != nil {
		return err
	}
	var numbers []int
	for _, uid := range translate.Members(op.UIDs) {
		if n, there := m.numbers[uid]; there {
			numbers = append(numbers, n)
		}
	}
	if len(numbers) == 0 {
		return nil
	}
	slices.Sort(numbers)
	m.tally.Add(Commands, int64(len(numbers))+1)
	if err := m.link.conn.Delete(ctx, numbers, m.link.window); err != nil {
		// Those that were not refused are marked, and the next QUIT would remove
		// them: without an OK to RSET there must not be one.
		if m.link.lost() || m.link.conn.Reset(ctx) != nil {
			m.drop()
		}
		return err
	}
	err := m.link.conn.Quit(ctx)
	// Whatever the answer, the session is over: after a cut it is open whether the
	// messages are gone.
	m.ended = true
	m.drop()
	return err
}
