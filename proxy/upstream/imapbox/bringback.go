package imapbox

import (
	"context"
	"fmt"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/proxy/imap"
	"popbridge/translate"
)

// BringBack undoes an action upstream for messages that Find has found, all in
// one mailbox, and says which UIDs they have now, as far as the server tells.
// Messages that were moved come back with MOVE, or with COPY and only after its
// OK the rest. After an error some of them may be back already; where COPY was
// cut a second attempt may make a second copy: rather that than a message that is
// nowhere.
func (m *Mailbox) BringBack(ctx context.Context, action translate.OnDelete, from []translate.Place) (translate.Outcome, error) {
	var outcome translate.Outcome
	if err := m.ready(ctx); err != nil {
		return outcome, refusal(*m.req.Upstream, "selecting the mailbox", err)
	}
	var uids goimap.UIDSet
	for _, p := range from {
		uids.AddNum(p.UID)
	}
	switch {
	case len(from) == 0 || !action.Touches():
		return outcome, nil
	case action.Stays():
		if from[0].UIDValidity != m.validity {
			return outcome, errRebuilt
		}
		m.conn.changed()
		err := m.conn.wire.Unstore(ctx, uids, action.Keyword())
		return outcome, refusal(*m.req.Upstream, fmt.Sprintf("taking %s from %v", action.Keyword(), uids), err)
	}
	name := from[0].Mailbox
	box, err := m.conn.selectMailbox(ctx, name, nil, nil)
	if err == nil && box.UIDValidity != from[0].UIDValidity {
		err = errRebuilt
	}
	var went imap.CopyUID
	if err == nil {
		went, err = m.moveBack(ctx, uids)
	}
	if err != nil {
		return outcome, refusal(*m.req.Upstream, fmt.Sprintf("moving %v from %q back to %q", uids, imap.DecodeMailbox(name), imap.DecodeMailbox(m.name)), err)
	}
	outcome.Add(m.name, went.UIDValidity, went.Source, went.Dest)
	return outcome, nil
}

// moveBack moves messages of the selected mailbox to the device's. What another
// client has marked \Deleted in the trash, or a device has flagged before, would
// carry that along, and no device would see it.
func (m *Mailbox) moveBack(ctx context.Context, uids goimap.UIDSet) (went imap.CopyUID, err error) {
	conn := m.conn.wire
	if err := conn.Unstore(ctx, uids, goimap.FlagDeleted); err != nil {
		return went, err
	}
	if err := conn.Unstore(ctx, uids, translate.KeywordDeleted); err != nil {
		return went, err
	}
	if m.conn.caps.Has(goimap.CapMove) {
		return conn.Move(ctx, uids, m.name)
	}
	if went, err = conn.Copy(ctx, uids, m.name); err != nil {
		return went, err
	}
	if err := conn.Store(ctx, uids, goimap.FlagDeleted); err != nil {
		return went, err
	}
	if m.conn.caps.Has(goimap.CapUIDPlus) {
		err = conn.Expunge(ctx, uids)
	}
	return went, err
}
