package maildrop

import (
	"context"
	"time"

	"popbridge/proxy/backend"
)

// seenTimeout bounds the one STORE at the end of a session without QUIT.
const seenTimeout = 30 * time.Second

// Abandon does what is left of UPDATE in a session without QUIT: what was retrieved
// becomes \\Seen, and nothing is deleted. It is done although ctx has ended, and
// not where the page was released: then Commit has said what became of it.
func (m *Maildrop) Abandon(ctx context.Context) {
	if m.page == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), seenTimeout)
	defer cancel()
	for _, p := range m.parts {
		if err := p.Courtesy(ctx, p.Drop.SeenPlan(p.Mailbox.Server())); err != nil {
			m.Log.Warn("what the session has learned could not be recorded", "error", err)
		}
	}
}

// Release closes the page, which is the lock. The mailboxes stay open where there is
// something to Learn from them after the device has its answer. It may be called twice,
// and after ctx has ended.
func (m *Maildrop) Release(ctx context.Context) {
	if m.page == nil {
		return
	}
	learn := false
	for _, p := range m.parts {
		if !m.durable || p.Drop == nil {
			continue
		}
		learn = p.WillLearn(ctx) || learn
	}
	m.closePage()
	if !learn {
		m.closeMailboxes()
		return
	}
	for _, p := range m.parts {
		if y, ok := p.Mailbox.(backend.Yielder); ok {
			y.Yield() // before the device hears +OK: it may log in again at once
		}
	}
}

// Close gives back all that is still open.
func (m *Maildrop) Close() {
	m.closePage()
	m.closeMailboxes()
}

func (m *Maildrop) closePage() {
	if m.page == nil {
		return
	}
	if err := m.page.Close(); err != nil {
		m.Log.Warn("closing the page of the ledger", "error", err)
	}
	m.page = nil
}

// closeMailboxes closes those that are shown, of which the one that Open was given is one
// where there is any.
func (m *Maildrop) closeMailboxes() {
	if m.Mailbox == nil {
		return
	}
	open := []backend.Mailbox{m.Mailbox}
	for i, p := range m.parts {
		open = append(open[:i], p.Mailbox)
	}
	m.Mailbox = nil
	for _, box := range open {
		if err := box.Close(); err != nil {
			m.Log.Debug("closing the mailbox", "error", err)
		}
	}
}
