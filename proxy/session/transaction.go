package session

import (
	"popbridge/proxy/maildrop"
	"popbridge/proxy/pop3"
	"popbridge/translate"
)

// message reads the one argument that names a message.
func message(drop *maildrop.Maildrop, cmd pop3.Command) (translate.Message, error) {
	field, ok := cmd.Field()
	if !ok {
		return translate.Message{}, usage("%s needs one message number", cmd.Verb)
	}
	return numbered(drop, field)
}

func numbered(drop *maildrop.Maildrop, field string) (translate.Message, error) {
	n, ok := pop3.Number(field)
	if !ok {
		return translate.Message{}, usage("message numbers are digits")
	}
	return drop.Message(n)
}

func (s *Session) stat(pop3.Command) error {
	messages, octets := s.drop.Stat()
	s.conn.OK("%d %d", messages, octets)
	return nil
}

func (s *Session) list(cmd pop3.Command) error {
	if len(cmd.Fields()) > 0 {
		msg, err := message(s.drop, cmd)
		if err == nil {
			s.conn.OK("%d %d", msg.Number, msg.Octets)
		}
		return err
	}
	messages, octets := s.drop.Stat()
	list := s.conn.Lines("%d messages (%d octets)", messages, octets)
	for msg := range s.drop.Messages {
		list.Number(msg.Number, msg.Octets)
	}
	return list.Commit()
}

func (s *Session) uidl(cmd pop3.Command) error {
	drop := s.drop
	if len(cmd.Fields()) > 0 {
		msg, err := message(s.drop, cmd)
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

// dele marks; nothing happens upstream before QUIT.
func (s *Session) dele(cmd pop3.Command) error {
	msg, err := message(s.drop, cmd)
	if err != nil {
		return err
	}
	if err := s.drop.Delete(msg.Number); err != nil {
		return err
	}
	s.conn.OK("message %d is marked", msg.Number)
	return nil
}

func (s *Session) rset(pop3.Command) error {
	s.drop.Reset()
	messages, octets := s.drop.Stat()
	s.conn.OK("%d messages (%d octets)", messages, octets)
	return nil
}

func (s *Session) noop(pop3.Command) error {
	s.conn.OK("")
	return nil
}

// last is obsolete (RFC 1460), and some devices need it.
func (s *Session) last(pop3.Command) error {
	if !s.Listener.Last {
		return usage("unknown command")
	}
	s.conn.OK("%d", s.drop.Last())
	return nil
}
