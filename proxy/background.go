package proxy

import (
	"context"
	"time"

	"github.com/emersion/go-imap/v2"

	"popbridge/translate"
)

// learnTimeout bounds what a session does for the ledger after its device left.
const learnTimeout = 30 * time.Second

// On an old POP3 server the session that learns holds the maildrop: a device that
// comes again at once would hear [IN-USE]. So it takes little at a time; mailboxes
// of thousands are learned over several polls, or harvested.
const (
	oldLearnTimeout = time.Second
	oldLearnBatch   = 100
)

// learning says how many messages a session may learn of, and for how long.
func (o open) learning() (batch int, patience time.Duration) {
	if o.mailbox.Server().POP3 {
		return oldLearnBatch, oldLearnTimeout
	}
	return describeBatch, learnTimeout
}

// learnKeys takes the content keys of messages that the ledger does not know by
// content yet, so that they are found again should the mailbox ever be rebuilt.
// The device has gone and the lock is free; the mailbox is still open.
func (s *session) learnKeys(o open, uids []imap.UID) {
	_, patience := o.learning()
	ctx, cancel := context.WithTimeout(s.ctx, patience)
	defer cancel()
	key := s.key(o)
	key.Lock, key.Displaced = translate.LockNone, nil
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
