package imapbox

import (
	"context"
	"slices"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/proxy/imap"
	"popbridge/translate"
)

// there gives those of some messages that the mailbox holds now, and remembers the
// others as absent: no op names them any more. DBMail, asked for a UID that is gone
// and below all others, takes the next message instead.
func (m *Mailbox) there(ctx context.Context, uids goimap.UIDSet) (found goimap.UIDSet, err error) {
	for _, look := range []func(context.Context, goimap.UIDSet) (goimap.UIDSet, error){m.present, m.search} {
		if err = m.ready(ctx); err != nil {
			return nil, err
		}
		if found, err = look(ctx, uids); err == nil || ctx.Err() != nil {
			break
		}
	}
	if err != nil {
		return nil, refusal(*m.req.Upstream, "looking for messages", err)
	}
	m.conn.expungesSeen = m.conn.wire.Changes().Expunged
	m.absent.AddSet(translate.Subtract(uids, found))
	return found, nil
}

// present asks the server what has been removed, and only then which messages are
// there.
func (m *Mailbox) present(ctx context.Context, uids goimap.UIDSet) (found goimap.UIDSet, err error) {
	if err := m.conn.wire.Noop(ctx); err != nil {
		return nil, err
	}
	err = m.conn.fetch(ctx, uids, imap.Items{Flags: true}, func(msg *imap.Message) error {
		found.AddNum(msg.UID)
		return nil
	})
	return found, err
}

// searched bounds how many messages one SEARCH names.
const searched = 500

// search does what present does where the server refuses to say anything of one of the
// messages, or ends the connection over it: SEARCH by UID does not touch them.
func (m *Mailbox) search(ctx context.Context, uids goimap.UIDSet) (found goimap.UIDSet, err error) {
	for some := range slices.Chunk(translate.Members(uids), searched) {
		asked := goimap.UIDSetNum(some...)
		got, err := m.conn.search(ctx, "UID "+asked.String())
		if err != nil {
			return nil, err
		}
		in := translate.Member(got)
		for _, uid := range some {
			if in(uid) {
				found.AddNum(uid)
			}
		}
	}
	return found, nil
}
