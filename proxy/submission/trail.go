package submission

import (
	"strconv"

	"popbridge/proxy/backend"
	"popbridge/translate"
)

// event is one about a message, for the audit trail.
func (s *Session) event(m *message) backend.Event {
	t := s.target
	return backend.Event{
		Kind: backend.EventSent, Account: t.Account, Device: t.Device, Client: s.Client.String(), Session: s.ID, Listener: s.Listener.Name,
		Upstream: t.Upstream.Name, MessageID: m.out.MessageID, Octets: m.octets, Recipients: s.recipients,
	}
}

// intendSent writes a message down whose end the upstream is about to get, where nothing
// may be done that cannot be written down.
func (s *Session) intendSent(m *message) *translate.SMTPReply {
	if !s.Backend.AuditsStrictly() {
		return nil
	}
	e := s.event(m)
	e.Result = backend.ResultIntended
	if err := s.Backend.Tell(e); err != nil {
		return translate.SMTPTrouble(err)
	}
	return nil
}

// tellSent writes down what became of a message. A reply of success stays one: the
// upstream has the message, and a device that heard anything else would send it again.
func (s *Session) tellSent(m *message, reply *translate.SMTPReply) {
	if !s.Backend.Audits() {
		return
	}
	e := s.event(m)
	e.Result, e.Code = backend.ResultDone, strconv.Itoa(reply.Code)
	if !reply.Good() {
		e.Result, e.Cause = backend.ResultRefused, reply.Error()
		if m.ended && reply.Enhanced == translate.SMTPLost(nil).Enhanced {
			e.Result = backend.ResultUnknown // the upstream may have it
		}
	}
	_ = s.Backend.Tell(e)
}
