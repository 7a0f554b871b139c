package submission

import (
	"bufio"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/netip"
	"strings"
	"time"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/translate"
)

// Data is go-smtp's: it takes the text of a message and relays it. It gives the reply,
// of success too, since go-smtp has none but its own.
func (s *Session) Data(r io.Reader) error {
	m := &message{session: s, r: bufio.NewReaderSize(r, dataSize), digest: sha256.New()}
	reply := m.relay()
	if m.body != nil {
		m.body.Abandon()
	}
	if m.copy != nil {
		m.copy.Drop()
	}
	s.Meter.Sent(s.target.Upstream.Name, reply.Code, m.octets)
	s.tellSent(m, reply)
	if reply.Good() {
		s.tally.messages++
		s.tally.octets += m.octets
		s.Log.Info("a message was sent", "upstream", s.target.Upstream.Name, "recipients", s.recipients, "octets", m.octets, "message_id", m.out.MessageID, "filed", m.kept)
	} else {
		s.Log.Warn("a message was not sent", "upstream", s.target.Upstream.Name, "recipients", s.recipients, "octets", m.octets, "code", reply.Code, "cause", reply)
	}
	s.begun, s.recipients = false, 0
	return said(reply)
}

// message is one on its way.
type message struct {
	session *Session
	r       *bufio.Reader
	digest  hash.Hash // of the text as the device sends it
	octets  int64
	out     translate.OutgoingMessage
	body    backend.RelayBody // nil: the upstream has not taken DATA, or has answered
	copy    backend.SentCopy  // nil: it is not kept, or not any more
	kept    bool              // the copy is on its way to its mailbox
	ended   bool              // the upstream has been told the message's end
}

var (
	errBare     = &translate.SMTPReply{Code: 550, Enhanced: translate.EnhancedCode{5, 5, 2}, Text: "the message holds a CR or LF alone; lines end with CRLF"}
	errTooLarge = &translate.SMTPReply{Code: 552, Enhanced: translate.EnhancedCode{5, 3, 4}, Text: "the message is too large"}
	errNoRoom   = &translate.SMTPReply{Code: 552, Enhanced: translate.EnhancedCode{5, 3, 4}, Text: "there is no room to keep a copy of the message"}
)

// cutReply is for a device that is not there to read it.
func cutReply(err error) *translate.SMTPReply {
	return &translate.SMTPReply{Code: 451, Enhanced: translate.EnhancedCode{4, 4, 2}, Text: "the message was cut", Err: err}
}

func (s *Session) refusesBare() bool {
	return s.target.Upstream.Submission.BareNewlines == translate.BareRefuse && s.wire.scan.Bare
}

// relay takes the message from the device and gives it to the upstream. The order is
// what keeps the promise: the copy lies safe before the upstream gets the message's
// end, and the device hears nothing before the upstream has answered that.
func (m *message) relay() *translate.SMTPReply {
	s := m.session
	header, first, reply := m.header()
	if reply != nil {
		return reply
	}
	if m.out, reply = s.outgoing().Prepare(header); reply != nil {
		return reply
	}
	if m.body, reply = s.relay.Data(s.Context); m.body == nil {
		return reply
	}
	if reply := m.keep(); reply != nil {
		return reply
	}
	// The header's limit and the body's first line fit into any message's.
	if reply := m.put(m.out.Relayed, m.out.Filed); reply != nil {
		return reply
	}
	if reply := m.put(first, first); reply != nil {
		return reply
	}
	if reply := m.stream(); reply != nil {
		return reply
	}
	if m.copy != nil {
		if err := m.copy.Seal([32]byte(m.digest.Sum(nil))); err != nil {
			if reply := m.unkept(err); reply != nil {
				return reply
			}
		}
	}
	if reply := s.intendSent(m); reply != nil {
		return reply
	}
	body := m.body
	m.body, m.ended = nil, true
	reply, given := body.End()
	if reply.Good() && m.copy != nil {
		m.copy.Accepted(given)
		if s.sent != nil { // of a message before, behind which the device has not waited
			s.sent.Missed()
		}
		s.sent, m.copy, m.kept = m.copy, nil, true
	}
	return reply
}

// take counts what has come from the device.
func (m *message) take(p []byte) *translate.SMTPReply {
	m.octets += int64(len(p))
	m.digest.Write(p)
	switch s := m.session; {
	case s.refusesBare():
		return errBare
	case m.octets > s.size(backend.Extensions{}):
		return errTooLarge
	}
	return nil
}

// header reads up to the body, of whose first line it may have read already.
func (m *message) header() (h *translate.OutgoingHeader, first []byte, reply *translate.SMTPReply) {
	h = new(translate.OutgoingHeader)
	for {
		line, err := m.line()
		if len(line) == 0 && err != nil {
			if errors.Is(err, io.EOF) {
				return h, nil, nil
			}
			return h, nil, m.cut(err)
		}
		if reply := m.take(line); reply != nil {
			return h, nil, reply
		}
		ended, body, herr := h.Line(line)
		switch {
		case herr != nil:
			return h, nil, translate.ErrOutgoingHeader
		case ended:
			return h, body, nil
		}
	}
}

// line gives the next line, or as much of it as a header may have.
func (m *message) line() (line []byte, err error) {
	for {
		var piece []byte
		piece, err = m.r.ReadSlice('\n')
		line = append(line, piece...)
		if !errors.Is(err, bufio.ErrBufferFull) || len(line) > translate.MaxOutgoingHeader {
			return line, err
		}
	}
}

// stream relays the body.
func (m *message) stream() *translate.SMTPReply {
	for {
		if m.r.Buffered() == 0 {
			if _, err := m.r.Peek(1); errors.Is(err, io.EOF) {
				if m.session.refusesBare() {
					return errBare
				}
				return nil
			} else if err != nil {
				return m.cut(err)
			}
		}
		p, _ := m.r.Peek(m.r.Buffered())
		if reply := m.take(p); reply != nil {
			return reply
		}
		if reply := m.put(p, p); reply != nil {
			return reply
		}
		_, _ = m.r.Discard(len(p))
	}
}

// cut is the end of a device's connection, or of what it may send.
func (m *message) cut(err error) *translate.SMTPReply {
	if errors.Is(err, errLoneDot) {
		return errBare
	}
	return cutReply(err)
}

// put writes a piece to the upstream and to the copy.
func (m *message) put(relayed, filed []byte) *translate.SMTPReply {
	if _, err := m.body.Write(relayed); err != nil {
		return translate.SMTPLost(fmt.Errorf("upstream %q: %w", m.session.target.Upstream.Name, err))
	}
	if m.copy != nil {
		if _, err := m.copy.Write(filed); err != nil {
			return m.unkept(err)
		}
	}
	return nil
}

// keep begins the copy for the mailbox of sent mail.
func (m *message) keep() *translate.SMTPReply {
	s := m.session
	u := s.target.Upstream
	if !u.Files() || s.Backend.Sent == nil {
		return nil
	}
	host := ""
	if u.HostGiven {
		host = u.Address
	}
	copy, err := s.Backend.Sent.Begin(backend.SentMail{
		Upstream: u.Name, Host: host, Account: s.request.Account, Owner: s.target.Login, Password: s.request.Password, Bearer: s.request.Bearer,
		MessageID: m.out.MessageID, Date: m.out.Date, Named: m.out.Named, Client: s.Client.String(), Session: s.ID,
	})
	if err != nil {
		return m.unkept(err)
	}
	m.copy = copy
	return nil
}

// unkept goes on without a copy, unless the operator wants one of every message.
func (m *message) unkept(err error) *translate.SMTPReply {
	s := m.session
	if m.copy != nil {
		m.copy.Drop()
		m.copy = nil
	}
	if s.target.Upstream.Submission.Sent == configs.SentAlways {
		refusal := *errNoRoom
		refusal.Err = err
		return &refusal
	}
	s.Log.Error("the copy of a sent message will not be filed", "upstream", s.target.Upstream.Name, "message_id", m.out.MessageID, "cause", err)
	return nil
}

// outgoing is what is done with the header.
func (s *Session) outgoing() translate.Outgoing {
	now := time.Now()
	return translate.Outgoing{Sender: s.sender, Received: s.received(now), Date: now, MessageID: s.messageID()}
}

// messageID makes a Message-ID in the domain of the account.
func (s *Session) messageID() string {
	domain := hostname()
	if len(s.sender.Addresses) > 0 {
		own := s.sender.Addresses[0]
		domain = own[strings.LastIndexByte(own, '@')+1:]
	}
	return "<" + rand.Text() + "@" + domain + ">"
}

// received is the trace of RFC 5321 §4.4, with the protocols of RFC 3848.
func (s *Session) received(now time.Time) string {
	with := "SMTP"
	if s.extended {
		with = "ESMTP"
		if s.secured {
			with += "S"
		}
		with += "A"
	}
	return fmt.Sprintf("Received: from %s (%s)\r\n\tby %s (popbridge) with %s id %s;\r\n\t%s\r\n",
		s.helo, literal(s.Client), hostname(), with, s.ID, now.Format("Mon, 2 Jan 2006 15:04:05 -0700"))
}

// literal is an address as mail writes it (RFC 5321 §4.1.3).
func literal(a netip.Addr) string {
	if a = a.Unmap().WithZone(""); a.Is6() {
		return "[IPv6:" + a.String() + "]"
	}
	return "[" + a.String() + "]"
}
