package session

import (
	"io"
	"strconv"

	"popbridge/proxy/backend"
	"popbridge/proxy/pop3"
)

// retr streams a message. Only when the terminator is on its way does the
// message count as retrieved.
func (s *Session) retr(cmd pop3.Command) error {
	msg, err := message(s.drop, cmd)
	if err != nil {
		return err
	}
	if n, ok := s.drop.Notice(msg); ok {
		return s.placeholder(n.Text())
	}
	body := s.conn.Body(strconv.FormatInt(msg.Octets, 10) + " octets")
	err = s.transfer(backend.EventRETR, msg, nil, body, func(w io.Writer) error { return s.drop.Fetch(s.Context, msg, w) })
	if err != nil {
		if !body.Begun() {
			if n, ok := s.drop.Unreadable(s.Context, msg); ok {
				return s.placeholder(n.Text())
			}
		}
		return err
	}
	s.drop.Retrieved(msg.Number, body.Octets())
	s.tally.retr++
	s.Meter.Retrieved(s.drop.Target.Upstream.Name, body.Octets() == msg.Octets)
	return nil
}

// top sends the header, the blank line and the first lines of the body. It never
// sets \Seen.
func (s *Session) top(cmd pop3.Command) error {
	fields := cmd.Fields()
	if len(fields) != 2 {
		return usage("TOP needs a message number and a number of lines")
	}
	lines, ok := pop3.Number(fields[1])
	if !ok {
		return usage("the number of lines is digits")
	}
	msg, err := numbered(s.drop, fields[0])
	if err != nil {
		return err
	}
	if n, ok := s.drop.Notice(msg); ok {
		return s.placeholder(n.Top(lines))
	}
	body := s.conn.Body("top of message follows")
	err = s.transfer(backend.EventTOP, msg, &lines, body, func(w io.Writer) error { return s.drop.FetchTop(s.Context, msg, lines, w) })
	if err == nil {
		s.tally.top++
		return nil
	}
	if !body.Begun() {
		if n, ok := s.drop.Unreadable(s.Context, msg); ok {
			return s.placeholder(n.Top(lines))
		}
	}
	return err
}

// placeholder sends a text of ours in the place of a message. The message does not
// count as retrieved, and its octets are not learned.
func (s *Session) placeholder(text string) error {
	body := s.conn.Body("a placeholder follows")
	_, err := body.Write([]byte(text))
	return s.finishBody(body, err)
}

// finishBody commits a body whose message came whole. Once an octet of it has left
// for the device an error ends the connection: a cut message must never look whole.
// Until then it is taken back, and the device hears -ERR.
func (s *Session) finishBody(body *pop3.Body, err error) error {
	if err == nil {
		if err = body.Commit(); err == nil {
			err = s.conn.Flush()
		}
	}
	taken := err != nil && body.TakeBack()
	// With the line end that Commit may have added.
	s.tally.octets += body.Octets()
	s.Meter.Octets(body.Octets())
	if s.conn.trace != nil && body.Begun() {
		s.conn.trace.Trace("body", "session", s.ID, "octets", body.Octets())
	}
	if err != nil && !taken {
		return brokenBody{err}
	}
	return err
}
