package maildrop

import (
	"context"
	"slices"

	"popbridge/proxy/maildrop/part"
	"popbridge/translate"
)

// Learn takes the content keys of messages that the ledger does not know by
// content yet, so that they are found again should the mailbox ever be rebuilt.
// The device has gone and the lock is free; the mailboxes are still open.
func (m *Maildrop) Learn(ctx context.Context) {
	if m.Mailbox == nil || !slices.ContainsFunc(m.parts, func(p *part.Part) bool { return p.Learns() }) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, m.parts[0].Patience())
	defer cancel()
	key := m.Key()
	key.Lock, key.Displaced = translate.LockNone, nil
	page, err := m.Backend.OpenPage(ctx, key)
	if err != nil {
		m.Log.Debug("content keys are not learned", "error", err)
		return
	}
	m.page = page
	defer m.closePage()
	for _, p := range m.parts {
		if !p.Learns() {
			continue
		}
		if err := p.LearnBehind(ctx, page); err != nil {
			m.Log.Debug("content keys are not learned", "error", err)
			return
		}
	}
}
