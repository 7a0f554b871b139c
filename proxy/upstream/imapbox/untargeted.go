package imapbox

import (
	"context"
	"errors"
	"strings"

	"popbridge/proxy/imap"
	"popbridge/proxy/upstream"
	"popbridge/translate"
)

// mayWait reports whether nobody has to know where deleted messages go before some are
// deleted: an account's first login is spared NAMESPACE and LIST then. A server that refuses
// them is found out by the first login of all, and refuses that. That INBOX is itself
// where they go refuses the login with any on_delete but "trash", which removes them there,
// and a name that cannot be sent refuses it with any.
func (m *Mailbox) mayWait() bool {
	d := m.req.Maildrop
	name, err := imap.EncodeMailbox(d.TrashMailbox)
	return d.OnDelete == translate.DeleteTrash && m.req.TargetsLater && m.pool.lessonsOf(*m.req.Upstream).answersList() && err == nil && !strings.EqualFold(name, "INBOX")
}

// FindTargets settles where deleted messages go, if that has waited until now; asked says
// that it has. Its errors are Refusals.
func (m *Mailbox) FindTargets(ctx context.Context) (asked bool, err error) {
	if !m.untargeted {
		return false, nil
	}
	var n names
	for range upstream.Attempts {
		if err = m.ready(ctx); err != nil {
			return false, err
		}
		if n, err = m.pool.accountNames(ctx, m.conn, m.req.request()); err == nil || !m.lost() || ctx.Err() != nil {
			break
		}
	}
	if err != nil {
		return false, refusal(*m.req.Upstream, "listing mailboxes", err)
	}
	if err := m.findTargets(n); err != nil {
		return false, err
	}
	m.untargeted = false
	return true, nil
}

// targetsOf settles where deleted messages go before ops that move messages, as those of an
// earlier session do. A plan that was made without it is refused.
func (m *Mailbox) targetsOf(ctx context.Context, ops []translate.Op) error {
	for _, op := range ops {
		if op.Kind != translate.OpMove && op.Kind != translate.OpCopy {
			continue
		}
		if op.To == "" {
			return translate.Temporary(errNowhere)
		}
		if _, err := m.FindTargets(ctx); err != nil {
			return err
		}
	}
	return nil
}

var errNowhere = errors.New("the plan does not say where deleted messages go: FindTargets has to come before it")
