package sent

import (
	"errors"
	"os"
	"time"

	"popbridge/proxy/backend"
)

// overhead is what a file has besides its text, in octets, as far as it is counted.
const overhead = 2 << 10

// copying is a copy of a message on its way.
type copying struct {
	sent  *Sent
	file  *os.File // nil: closed
	w     *writer
	entry *entry
	name  string // of the file now
}

// Begin is backend.Sent's.
func (s *Sent) Begin(m backend.SentMail) (backend.SentCopy, error) {
	if err := s.spool.reserve(overhead); err != nil {
		return nil, err
	}
	now := time.Now()
	c := &copying{sent: s, entry: &entry{SentMail: m, id: newID(), at: now, size: overhead}}
	c.name = s.spool.path(c.entry.id, endNew)
	var err error
	if c.file, err = os.OpenFile(c.name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600); err == nil {
		c.w, err = newWriter(c.file, c.entry.id, s.spool.cipher, headOf(m, now.Unix()))
	}
	if err != nil {
		c.Drop()
		return nil, err
	}
	return c, nil
}

// Write is backend.SentCopy's.
func (c *copying) Write(p []byte) (int, error) {
	if err := c.sent.spool.reserve(int64(len(p))); err != nil {
		return 0, err
	}
	c.entry.size += int64(len(p))
	return c.w.Write(p)
}

// Seal is backend.SentCopy's.
func (c *copying) Seal(digest [32]byte) error {
	c.entry.digest, c.entry.octets = digest, c.w.octets
	err := c.w.end(digest)
	if err == nil {
		err = c.file.Sync()
	}
	err = errors.Join(err, c.file.Close())
	c.file = nil
	if err != nil {
		return err
	}
	return c.rename(endDoubt)
}

func (c *copying) rename(end string) error {
	name := c.sent.spool.path(c.entry.id, end)
	err := os.Rename(c.name, name)
	if err == nil {
		c.name = name
	}
	return err
}

// Accepted is backend.SentCopy's. A message that is sent a second time, since its
// device had not heard that it was, lies in the mailbox already, or will.
func (c *copying) Accepted(given string) {
	s := c.sent
	c.entry.given = given
	if s.filed.has(c.entry.key()) {
		s.log.Info("a message was sent again whose copy is filed, or about to be", "upstream", c.entry.Upstream, "message_id", c.entry.MessageID)
		c.Drop()
		return
	}
	err := c.rename(endSent)
	if err == nil {
		err = s.spool.syncFolder()
	}
	if err != nil {
		s.log.Error("after a crash, the copy of a sent message may not be filed", "upstream", c.entry.Upstream, "message_id", c.entry.MessageID, "error", err)
	}
	// The file first: what is remembered without one would never be put anywhere.
	if c.entry.Named {
		s.filed.add(c.entry.key())
	} else {
		s.filed.take(c.entry.key())
	}
	if c.name == s.spool.path(c.entry.id, endSent) {
		s.queue(c.entry)
	}
}

// Heard is backend.SentCopy's. A device that gives its messages no Message-ID and date of
// their own may mean another one by the same text: it is taken for the same only where
// the device may not know that it was sent.
func (c *copying) Heard() {
	if !c.entry.Named {
		c.sent.filed.release(c.entry.key())
	}
}

// Missed is backend.SentCopy's.
func (c *copying) Missed() { c.sent.filed.add(c.entry.key()) }

// Drop is backend.SentCopy's.
func (c *copying) Drop() {
	if c.file != nil {
		_ = c.file.Close()
	}
	if err := os.Remove(c.name); err != nil && !errors.Is(err, os.ErrNotExist) {
		c.sent.log.Error("removing the copy of a message", "error", err)
	}
	_ = c.sent.spool.reserve(-c.entry.size)
}
