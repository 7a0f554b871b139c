package imapbox

import (
	"cmp"
	"context"
	"errors"
	"os"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/proxy/imap"
	"popbridge/proxy/upstream"
	"popbridge/translate"
)

// inParts is inHalves that goes on over new connections where the server ends one over a
// message, as some do that come upon one which they cannot read: the others are asked for
// in ever smaller parts, as often as parts bounds it. bad are those that it does not tell
// of alone, and those that there was no asking for any more. Where nothing was told, the
// error says why, see declined.
func (m *Mailbox) inParts(ctx context.Context, set goimap.UIDSet, items imap.Items, each func(*imap.Message) bool) (bad goimap.UIDSet, err error) {
	if len(set) == 0 {
		return nil, nil
	}
	told := make(map[goimap.UID]struct{})
	untold := func(some goimap.UIDSet) (rest goimap.UIDSet, err error) {
		for _, uid := range translate.Members(some) {
			if _, ok := told[uid]; !ok {
				rest.AddNum(uid)
			}
		}
		return rest, nil
	}
	var refusal error
	p := parts{left: untold, inOrder: true}
	p.ask = func(some goimap.UIDSet, _ int) error {
		if err := m.connected(ctx); err != nil {
			return err
		}
		refused, err := m.inHalves(ctx, some, items, func(msg *imap.Message) bool {
			all := each(msg)
			if all {
				told[msg.UID] = struct{}{}
			}
			return all
		})
		if m.refused(err) {
			refusal = err
			refused, err = untold(some)
		}
		bad.AddSet(refused)
		err = m.endedOver(ctx, err)
		if one := translate.Members(some); len(one) == 1 && errors.As(err, new(hungUp)) {
			m.stumbleOver(one[0])
		}
		return err
	}
	if err := p.run(set); err != nil {
		return bad, err
	}
	bad.AddSet(p.refused)
	if len(told) == 0 {
		return bad, cmp.Or(refusal, p.cause)
	}
	return bad, nil
}

// endedOver makes a hungUp of an error of a connection that the server has ended. One
// that was given up, because the server said nothing for too long or what no server may
// say, stays what it is: to ask for more of that is too dear.
func (m *Mailbox) endedOver(ctx context.Context, err error) error {
	var wrong *imap.ProtocolError
	if err == nil || !m.lost() || ctx.Err() != nil || errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &wrong) || errors.As(err, new(*translate.Refusal)) {
		return err
	}
	return hungUp{err}
}

// declined reports whether a server would not tell something of messages: it refused, or
// has ended the connection over them as often as it was asked.
func (m *Mailbox) declined(err error) bool {
	return errors.As(err, new(hungUp)) || m.refused(err)
}

// listParts lists a mailbox where the server has ended the connection over the listing,
// as often as it was asked for all.
func (m *Mailbox) listParts(ctx context.Context, known translate.Listing, cause error) (translate.Listing, error) {
	m.req.Log.Info("the connection to the upstream was lost while a mailbox was being listed; its messages are listed in parts", "upstream", m.req.Upstream.Name, "account", m.req.Account,
		"mailbox", imap.DecodeMailbox(m.name), "error", cause)
	if err := m.alive(ctx); err != nil {
		return translate.Listing{}, err
	}
	if err := m.selectMailbox(ctx); err != nil {
		return translate.Listing{}, err
	}
	if m.gmail() && withoutIDs(known) {
		known = translate.Listing{}
	}
	m.tally.Add(upstream.ListingsFull, 1)
	l, err := m.census(ctx, known, m.newRows(1, 0), cause)
	if err == nil {
		l, err = m.tell(ctx, l)
	}
	return l, err
}
