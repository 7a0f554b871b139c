package proxy

import (
	"context"
	"time"

	"github.com/emersion/go-imap/v2"

	"popbridge/translate"
)

// learnTimeout bounds what a session does for the ledger after its device left.
const learnTimeout = 30 * time.Second

// learnKeys takes the content keys of messages that the ledger does not know by
// content yet, so that they are found again should the mailbox ever be rebuilt.
// The device has gone and the lock is free; the mailbox is still open.
func (s *session) learnKeys(o open, uids []imap.UID) {
	ctx, cancel := context.WithTimeout(s.ctx, learnTimeout)
	defer cancel()
	key := o.key(nil)
	key.Lock = translate.LockNone
	page, err := s.server.backend.OpenPage(ctx, key)
	if err != nil {
		s.log.Debug("content keys are not learned", "error", err)
		return
	}
	defer func() {
		if err := page.Close(); err != nil {
			s.log.Debug("closing the page", "error", err)
		}
	}()
	o.page = page
	if _, err := s.learn(ctx, &o, o.drop.UIDValidity(), uids); err != nil {
		s.log.Debug("content keys are not learned", "error", err)
	}
}
