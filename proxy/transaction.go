package proxy

import (
	"fmt"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/pop3"
	"popbridge/translate"
)

// message reads the one argument that names a message.
func (s *session) message(cmd pop3.Command) (translate.Message, error) {
	fields := cmd.Fields()
	if len(fields) != 1 {
		return translate.Message{}, usage("%s needs one message number", cmd.Verb)
	}
	return s.numbered(fields[0])
}

func (s *session) numbered(field string) (translate.Message, error) {
	n, ok := pop3.Number(field)
	if !ok {
		return translate.Message{}, usage("message numbers are digits")
	}
	return s.open.drop.Message(n)
}

func (s *session) stat(pop3.Command) error {
	messages, octets := s.open.drop.Stat()
	s.conn.OK("%d %d", messages, octets)
	return nil
}

func (s *session) list(cmd pop3.Command) error {
	if len(cmd.Fields()) > 0 {
		msg, err := s.message(cmd)
		if err == nil {
			s.conn.OK("%d %d", msg.Number, msg.Octets)
		}
		return err
	}
	messages, octets := s.open.drop.Stat()
	list := s.conn.Lines("%d messages (%d octets)", messages, octets)
	for msg := range s.open.drop.Messages {
		list.Number(msg.Number, msg.Octets)
	}
	return list.Commit()
}

func (s *session) uidl(cmd pop3.Command) error {
	drop := s.open.drop
	if len(cmd.Fields()) > 0 {
		msg, err := s.message(cmd)
		if err == nil {
			s.conn.OK("%d %s", msg.Number, drop.AppendUniqueID(nil, msg.Number))
		}
		return err
	}
	list := s.conn.Lines("unique-ids follow")
	for msg := range drop.Messages {
		list.Append(msg.Number, func(dst []byte) []byte { return drop.AppendUniqueID(dst, msg.Number) })
	}
	return list.Commit()
}

// retr streams a message. Only when the terminator is on its way does the
// message count as retrieved.
func (s *session) retr(cmd pop3.Command) error {
	msg, err := s.message(cmd)
	if err != nil {
		return err
	}
	if n, ok := s.open.notices[msg.UID]; ok {
		return s.placeholder(n.Text())
	}
	body := s.conn.Body(fmt.Sprintf("%d octets", msg.Octets))
	if err := s.finishBody(body, s.open.mailbox.Fetch(s.ctx, msg, s.open.drop.After(msg.Number), body)); err != nil {
		if n, ok := s.unreadable(msg, body); ok {
			return s.placeholder(n.Text())
		}
		return err
	}
	s.open.drop.Retrieved(msg.Number, body.Octets())
	s.tally.retr++
	s.meter.Retrieved(s.open.Upstream.Name, body.Octets() == msg.Octets)
	return nil
}

// top sends the header, the blank line and the first lines of the body. It never
// sets \Seen.
func (s *session) top(cmd pop3.Command) error {
	fields := cmd.Fields()
	if len(fields) != 2 {
		return usage("TOP needs a message number and a number of lines")
	}
	lines, ok := pop3.Number(fields[1])
	if !ok {
		return usage("the number of lines is digits")
	}
	msg, err := s.numbered(fields[0])
	if err != nil {
		return err
	}
	if n, ok := s.open.notices[msg.UID]; ok {
		return s.placeholder(n.Top(lines))
	}
	body := s.conn.Body("top of message follows")
	err = s.finishBody(body, s.open.mailbox.FetchTop(s.ctx, msg, lines, s.open.drop.After(msg.Number), body))
	if err == nil {
		s.tally.top++
		return nil
	}
	if n, ok := s.unreadable(msg, body); ok {
		return s.placeholder(n.Top(lines))
	}
	return err
}

// unreadable asks whether a text may stand in the place of a message that could not
// be fetched, and remembers it for the session. Nothing has left for the device.
func (s *session) unreadable(msg translate.Message, body *pop3.Body) (translate.Notice, bool) {
	if s.open.Maildrop.Unreadable != translate.UnreadablePlaceholder || body.Begun() {
		return translate.Notice{}, false
	}
	n, ok := s.open.mailbox.Unreadable(s.ctx, msg, s.open.drop.Messages)
	if ok {
		if s.open.notices == nil {
			s.open.notices = make(map[imap.UID]translate.Notice)
		}
		s.open.notices[msg.UID] = n
	}
	return n, ok
}

// placeholder sends a text of ours in the place of a message. The message does not
// count as retrieved, and its octets are not learned.
func (s *session) placeholder(text string) error {
	body := s.conn.Body("a placeholder follows")
	_, err := body.Write([]byte(text))
	return s.finishBody(body, err)
}

// finishBody commits a body whose message came whole. Once an octet of it has left
// for the device an error ends the connection: a cut message must never look whole.
// Until then it is taken back, and the device hears -ERR.
func (s *session) finishBody(body *pop3.Body, err error) error {
	if err == nil {
		if err = body.Commit(); err == nil {
			err = s.conn.Flush()
		}
	}
	taken := err != nil && body.TakeBack()
	// With the line end that Commit may have added.
	s.tally.octets += body.Octets()
	s.meter.Octets(body.Octets())
	if s.trace != nil && body.Begun() {
		s.trace.Trace("body", "session", s.id, "octets", body.Octets())
	}
	if err != nil && !taken {
		return brokenBody{err}
	}
	return err
}

// dele marks; nothing happens upstream before QUIT.
func (s *session) dele(cmd pop3.Command) error {
	msg, err := s.message(cmd)
	if err != nil {
		return err
	}
	if err := s.open.drop.Delete(msg.Number); err != nil {
		return err
	}
	s.conn.OK("message %d is marked", msg.Number)
	return nil
}

func (s *session) rset(pop3.Command) error {
	s.open.drop.Reset()
	messages, octets := s.open.drop.Stat()
	s.conn.OK("%d messages (%d octets)", messages, octets)
	return nil
}

func (s *session) noop(pop3.Command) error {
	s.conn.OK("")
	return nil
}

// last is obsolete (RFC 1460), and some devices need it.
func (s *session) last(pop3.Command) error {
	if !s.listener.Last {
		return usage("unknown command")
	}
	s.conn.OK("%d", s.open.drop.Last())
	return nil
}
