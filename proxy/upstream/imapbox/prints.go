package imapbox

import (
	"context"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/proxy/imap"
	"popbridge/translate"
)

// Prints tells messages by their whole headers, so that copies of them are found on
// another server. Those that are not there any more are left out. It sets no flag.
func (m *Mailbox) Prints(ctx context.Context, uids goimap.UIDSet, each func(goimap.UID, translate.Print)) error {
	if len(uids) == 0 {
		return nil
	}
	if err := m.ready(ctx); err != nil {
		return err
	}
	err := m.conn.wire.Fetch(ctx, uids, imap.Items{WholeHeader: true}, func(msg *imap.Message) error {
		each(msg.UID, translate.PrintHeader(msg.Header))
		return nil
	})
	return refusal(*m.req.Upstream, "reading headers", err)
}
