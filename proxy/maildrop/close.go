package maildrop

import (
	"context"
	"time"

	"popbridge/proxy/backend"
	"popbridge/translate"
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
	if _, err := m.update(ctx, translate.Intent{Plan: m.SeenPlan(m.Mailbox.Server())}); err != nil {
		m.Log.Warn("what the session has learned could not be recorded", "error", err)
	}
}

// Release closes the page, which is the lock. The mailbox stays open where there is
// something to Learn from it after the device has its answer. It may be called twice,
// and after ctx has ended.
func (m *Maildrop) Release(ctx context.Context) {
	if m.page == nil {
		return
	}
	if m.durable {
		batch, _ := m.learning()
		m.unkeyed = m.page.Unkeyed(context.WithoutCancel(ctx), m.UIDValidity(), batch)
	}
	m.closePage()
	if len(m.unkeyed) == 0 {
		m.closeMailbox()
	} else if y, ok := m.Mailbox.(backend.Yielder); ok {
		y.Yield() // before the device hears +OK: it may log in again at once
	}
}

// Close gives back all that is still open.
func (m *Maildrop) Close() {
	m.closePage()
	m.closeMailbox()
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

func (m *Maildrop) closeMailbox() {
	if m.Mailbox == nil {
		return
	}
	if err := m.Mailbox.Close(); err != nil {
		m.Log.Debug("closing the mailbox", "error", err)
	}
	m.Mailbox = nil
}
