package traces

import (
	"time"

	"popbridge/proxy/backend"
	"popbridge/translate"
)

// meter makes traces of what another Meter counts.
type meter struct {
	backend.Meter
	to *Tracer
}

// Meter gives one that counts with another, and traces the sessions that are to be traced.
func (t *Tracer) Meter(of backend.Meter) backend.Meter { return meter{of, t} }

// Session is Meter's. Where nothing is traced it is the other one's.
func (m meter) Session(listener string) backend.SessionMeter {
	counts := m.Meter.Session(listener)
	if !m.to.chosen() {
		return counts
	}
	return &session{SessionMeter: counts, to: m.to, trace: newTrace(), span: newSpan(), began: time.Now(), listener: listener}
}

// session is the trace of one session; it is used by one goroutine.
type session struct {
	backend.SessionMeter
	to       *Tracer
	trace    traceID
	span     spanID
	began    time.Time
	listener string
	name     string // as the log calls it
	upstream string

	tried   bool // a login was tried: a session without one is not worth a trace
	ok      bool // the last login succeeded
	octets  int64
	deleted int
	action  string
	sent    *message // one whose command is about to end
	spans   []span
}

// message is one that a device has sent.
type message struct {
	code   int // of the reply
	octets int64
}

// Called is backend.Correlated's.
func (s *session) Called(name string) { s.name = name }

// maxSpans bounds a trace: a device may retrieve thousands of messages in a session.
const maxSpans = 256

// add notes a span that has ended now.
func (s *session) add(name string, ok bool, took time.Duration, attributes ...attribute) {
	if len(s.spans) >= maxSpans-1 {
		return
	}
	now := time.Now()
	s.spans = append(s.spans, span{
		trace: s.trace, id: newSpan(), parent: s.span, name: name, kind: kindInternal, began: now.Add(-took), ended: now, failed: !ok, attributes: attributes,
	})
}

// Login is SessionMeter's.
func (s *session) Login(upstream string, ok bool, code string, took time.Duration) {
	s.SessionMeter.Login(upstream, ok, code, took)
	s.tried, s.ok, s.upstream = true, ok, upstream
	s.add("login", ok, took, text("popbridge.upstream", upstream), text("popbridge.code", code))
}

// Octets is SessionMeter's.
func (s *session) Octets(n int64) {
	s.SessionMeter.Octets(n)
	s.octets += n
}

// Deleted is SessionMeter's.
func (s *session) Deleted(action translate.OnDelete, messages int) {
	s.SessionMeter.Deleted(action, messages)
	s.deleted, s.action = s.deleted+messages, action.String()
}

// Sent is SessionMeter's. Who may send after having fetched mail needs no login.
func (s *session) Sent(upstream string, code int, octets int64) {
	s.SessionMeter.Sent(upstream, code, octets)
	if !s.tried {
		s.tried, s.ok = true, true
	}
	s.upstream, s.sent = upstream, &message{code, octets}
}

// Command is SessionMeter's.
func (s *session) Command(verb string, ok bool, took time.Duration) {
	s.SessionMeter.Command(verb, ok, took)
	switch {
	case s.sent != nil:
		s.add("send", ok, took, text("popbridge.upstream", s.upstream), number("popbridge.octets", s.sent.octets), number("popbridge.reply", int64(s.sent.code)))
	case (verb == "RETR" || verb == "TOP") && s.ok:
		s.add(verb, ok, took, text("popbridge.upstream", s.upstream), number("popbridge.octets", s.octets))
	case verb == "QUIT" && s.ok:
		s.add(verb, ok, took, text("popbridge.upstream", s.upstream), number("popbridge.deleted", int64(s.deleted)), text("popbridge.on_delete", s.action))
	}
	s.octets, s.sent = 0, nil
}

// End is SessionMeter's. The trace is handed on.
func (s *session) End(result string) {
	s.SessionMeter.End(result)
	if !s.tried {
		return
	}
	s.to.hand(append(s.spans, span{
		trace: s.trace, id: s.span, name: "session", kind: kindServer, began: s.began, ended: time.Now(), failed: !s.ok || result == "quit failed",
		attributes: []attribute{text("popbridge.session", s.name), text("popbridge.listener", s.listener), text("popbridge.upstream", s.upstream), text("popbridge.result", result)},
	}))
}
