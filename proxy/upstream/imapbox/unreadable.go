package imapbox

import (
	"context"
	"io"
	"iter"
	"strings"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/proxy/imap"
	"popbridge/proxy/upstream"
	"popbridge/translate"
)

// controlOctets is how much of another message shows that the server gives bodies.
const controlOctets = 64

// Unreadable finds out whether it is one message that the server cannot give, or
// whether it gives none now. It is the message where the server still has it, gives
// the body of another one, and then fails at this one again. A mailbox with no other
// message proves nothing: there is nothing after it that a device could not reach.
func (m *Mailbox) Unreadable(ctx context.Context, msg translate.Message, others iter.Seq[translate.Message]) (n translate.Notice, unreadable bool) {
	if err := m.ready(ctx); err != nil {
		return n, false
	}
	if !m.stillHas(ctx, msg.UID) || !m.givesOthers(ctx, msg, others) {
		return n, false
	}
	err := m.whole(ctx, msg)
	if err == nil || ctx.Err() != nil || m.ready(ctx) != nil || !m.stillHas(ctx, msg.UID) {
		return n, false
	}
	n = translate.Notice{UID: msg.UID, UIDValidity: m.validity}
	one := goimap.UIDSetNum(msg.UID)
	_ = m.conn.wire.Fetch(ctx, one, imap.Items{InternalDate: true}, func(r *imap.Message) error {
		n.Received = r.InternalDate
		return nil
	})
	if m.ready(ctx) == nil {
		_ = m.conn.wire.Fetch(ctx, one, imap.Items{HeaderFields: []string{"Subject"}}, func(r *imap.Message) error {
			n.Subject = subject(r.Header)
			return nil
		})
	}
	m.tally.Add(upstream.Placeholders, 1)
	m.req.Log.Warn("a device gets a placeholder for a message that the upstream cannot deliver", "upstream", m.req.Upstream.Name, "account", m.req.Account, "uid", msg.UID, "cause", err)
	return n, true
}

// stillHas reports whether the server still has a message.
func (m *Mailbox) stillHas(ctx context.Context, uid goimap.UID) bool {
	found := false
	err := m.conn.wire.Fetch(ctx, goimap.UIDSetNum(uid), imap.Items{Flags: true}, func(*imap.Message) error {
		found = true
		return nil
	})
	return err == nil && found
}

// controls bounds how many others are asked.
const controls = 3

// givesOthers reports whether the server gives the body of one of the others.
func (m *Mailbox) givesOthers(ctx context.Context, msg translate.Message, others iter.Seq[translate.Message]) bool {
	tried := 0
	for other := range others {
		if other.UID == msg.UID {
			continue
		}
		if tried++; tried > controls || m.ready(ctx) != nil {
			return false
		}
		body, err := m.conn.wire.StartBody(ctx, other.UID, imap.Section{Length: controlOctets})
		if err != nil {
			continue
		}
		octets, err := body.CopyTo(ctx, io.Discard)
		if err == nil && octets > 0 {
			return true
		}
		if !m.lost() {
			_ = body.Discard(ctx)
		}
	}
	return false
}

// whole asks for the message itself once more, alone.
func (m *Mailbox) whole(ctx context.Context, msg translate.Message) error {
	body, err := m.conn.wire.StartBody(ctx, msg.UID, imap.Section{})
	if err != nil {
		return err
	}
	octets, err := body.CopyTo(ctx, io.Discard)
	if err == nil && octets == 0 {
		return errNoOctet
	}
	return err
}

// subject reads the one field that was asked for.
func subject(header []byte) string {
	_, value, _ := strings.Cut(strings.TrimSpace(string(header)), ":")
	return value
}
