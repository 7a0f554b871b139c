package part

import (
	"context"
	"time"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/backend"
	"popbridge/translate"
)

// Note keeps in an intent what each of its messages is: for the one who may
// have to settle it, so that no other message is taken for it, and for the journal,
// so that an operator can say later who deleted what, and bring it back. What turns
// out to be gone is left out of everything that is done upstream. A session that
// deletes nothing asks nothing, and one that only hides needs no answer.
func (m *Part) Note(ctx context.Context, q *Quit) error {
	deletions := q.Deletions
	if len(deletions) == 0 {
		return nil
	}
	at := make(map[imap.UID]int, len(deletions))
	q.Marks = make([]translate.Mark, len(deletions))
	for i := range deletions {
		d := &deletions[i]
		d.At, d.Device, d.Client = time.Now(), m.Target.Device, m.Client.String()
		at[d.UID] = i
		q.Marks[i].UID = d.UID
	}
	there := make(map[imap.UID]translate.Fingerprint, len(deletions))
	err := m.Mailbox.Identify(ctx, q.Marked(), func(d translate.Description) {
		if i, ok := at[d.UID]; ok {
			deletions[i].MessageID = d.MessageID
			there[d.UID] = d.Fingerprint()
			q.Marks[i].Print = there[d.UID]
		}
	})
	switch {
	case err == nil:
	case len(q.Plan.Hide) > 0:
		m.Log.Warn("what a device hides could not be looked at", "error", err)
		return nil
	default:
		return err
	}
	if q.Gone = q.Missing(there); len(q.Gone) > 0 {
		m.Log.Info("marked messages are already gone", "uids", q.Gone.String())
		if len(q.Plan.Hide) == 0 {
			_ = m.Tell(among(deletions, q.Gone), backend.ResultGone, nil)
		}
		q.Intent = q.Without(q.Gone)
	}
	return nil
}
