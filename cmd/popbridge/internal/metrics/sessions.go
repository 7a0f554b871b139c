package metrics

import (
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"popbridge/proxy/backend"
	"popbridge/proxy/session"
	"popbridge/proxy/submission"
	"popbridge/translate"
)

// Values of labels that are not the configuration's or the protocol's.
const (
	resultOK      = "ok"
	resultRefused = "refused"
	otherVerb     = "other" // what a device sent is no command
	codeOK        = "OK"    // a login that succeeded
	codeNone      = "none"  // one that was refused without a response code
)

// sessions counts the POP3 side.
type sessions struct {
	open       *prometheus.GaugeVec
	ended      *prometheus.CounterVec
	refused    *prometheus.CounterVec
	logins     *prometheus.CounterVec
	loginTook  *prometheus.HistogramVec
	octets     *prometheus.CounterVec
	retrieved  *prometheus.CounterVec
	mismatch   *prometheus.CounterVec
	deleted    map[translate.OnDelete]prometheus.Counter
	sent       *prometheus.CounterVec
	sentOctets *prometheus.CounterVec
	verbs      map[string]verb // complete from the start, so that it needs no lock

	mu        sync.RWMutex
	listeners map[string]*listener
}

// verb is the series of one command.
type verb struct {
	ok, refused prometheus.Counter
	took        prometheus.Observer
}

// listener is the series of one listener.
type listener struct {
	authorization, transaction, update prometheus.Gauge
	octets, retrieved                  prometheus.Counter
}

func newSessions(r prometheus.Registerer) *sessions {
	s := &sessions{
		open:       gauges(r, "sessions", "Sessions that are open, by RFC 1939's state; transaction is a login by SMTP too.", "listener", "state"),
		ended:      counters(r, "sessions_ended_total", "Sessions that have ended, by the result that the log gives.", "listener", "result"),
		refused:    counters(r, "connections_refused_total", "Connections that were not taken because a limit was reached.", "listener", "cause"),
		logins:     counters(r, "logins_total", "Logins of devices, by the response code of the answer: OK, AUTH, IN-USE, SYS/TEMP, SYS/PERM or none. The upstream is empty where no route matched.", "listener", "upstream", "code"),
		loginTook:  durations(r, "login_duration_seconds", "Time from a device's credential to the answer, the listing of the mailbox included.", "upstream", "result"),
		octets:     counters(r, "message_octets_total", "Octets of messages sent to devices by RETR and TOP, before dot-stuffing.", "listener"),
		retrieved:  counters(r, "messages_retrieved_total", "Messages sent whole to devices by RETR.", "listener"),
		mismatch:   counters(r, "size_mismatches_total", "Messages retrieved that had other octets than their upstream had announced.", "upstream"),
		sent:       counters(r, "messages_sent_total", "Messages that devices have sent, by the reply: accepted, refused (5xx) or failed (4xx).", "upstream", "outcome"),
		sentOctets: counters(r, "sent_octets_total", "Octets of messages that devices have sent, before dot-stuffing.", "upstream"),
		deleted:    make(map[translate.OnDelete]prometheus.Counter),
		verbs:      make(map[string]verb),
		listeners:  make(map[string]*listener),
	}
	deleted := counters(r, "messages_deleted_total", "Messages that a QUIT has deleted, by what on_delete made of them.", "action")
	for _, action := range translate.OnDeletes() {
		s.deleted[action] = deleted.WithLabelValues(action.String())
	}
	commands := counters(r, "commands_total", "Commands of devices that were answered with +OK or 2xx (ok), or with -ERR, 4xx or 5xx (refused).", "command", "result")
	took := durations(r, "command_duration_seconds", "Time from a command's arrival to its answer. With RETR, TOP and AUTH the time that the device takes is part of it.", "command")
	for _, name := range slices.Concat(session.Verbs(), submission.Verbs(), []string{otherVerb}) {
		s.verbs[name] = verb{commands.WithLabelValues(name, resultOK), commands.WithLabelValues(name, resultRefused), took.WithLabelValues(name)}
	}
	return s
}

// listener gives the series of a listener, which exist from then on.
func (s *sessions) listener(name string) *listener {
	s.mu.RLock()
	l := s.listeners[name]
	s.mu.RUnlock()
	if l != nil {
		return l
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if l := s.listeners[name]; l != nil {
		return l
	}
	l = &listener{
		authorization: s.open.WithLabelValues(name, "authorization"),
		transaction:   s.open.WithLabelValues(name, "transaction"),
		update:        s.open.WithLabelValues(name, "update"),
		octets:        s.octets.WithLabelValues(name),
		retrieved:     s.retrieved.WithLabelValues(name),
	}
	for _, result := range slices.Concat(session.Results(), submission.Results()) {
		s.ended.WithLabelValues(name, result)
	}
	s.listeners[name] = l
	return l
}

// expect makes the series of logins that go from a listener to an upstream.
func (s *sessions) expect(listener, upstream string) {
	for _, code := range []string{codeOK, translate.CodeAuth, translate.CodeInUse, translate.CodeSysTemp, translate.CodeSysPerm} {
		s.logins.WithLabelValues(listener, upstream, code)
	}
	s.logins.WithLabelValues(listener, "", translate.CodeAuth)
	s.mismatch.WithLabelValues(upstream)
	for _, outcome := range []string{"accepted", "refused", "failed"} {
		s.sent.WithLabelValues(upstream, outcome)
	}
}

// Refused counts a connection that a limit kept out.
func (s *sessions) Refused(listener, cause string) {
	s.refused.WithLabelValues(listener, cause).Inc()
}

// Session counts a session in AUTHORIZATION.
func (s *sessions) Session(name string) backend.SessionMeter {
	l := s.listener(name)
	l.authorization.Inc()
	return &sessionTally{all: s, listener: l, name: name, state: l.authorization}
}

// sessionTally counts what one session does.
type sessionTally struct {
	*listener
	all   *sessions
	name  string           // of the listener
	state prometheus.Gauge // the one that it is counted in
}

func (s *sessionTally) enter(state prometheus.Gauge) {
	s.state.Dec()
	state.Inc()
	s.state = state
}

// Login counts an attempt.
func (s *sessionTally) Login(upstream string, ok bool, code string, took time.Duration) {
	result := resultRefused
	switch {
	case ok:
		result, code = resultOK, codeOK
		s.enter(s.transaction)
	case code == "":
		code = codeNone
	}
	s.all.logins.WithLabelValues(s.name, upstream, code).Inc()
	s.all.loginTook.WithLabelValues(upstream, result).Observe(took.Seconds())
}

// Command counts a command. A verb that is none is not taken for a label: a
// device could make as many series as it likes.
func (s *sessionTally) Command(name string, ok bool, took time.Duration) {
	v, known := s.all.verbs[name]
	if !known {
		v = s.all.verbs[otherVerb]
	}
	if ok {
		v.ok.Inc()
	} else {
		v.refused.Inc()
	}
	v.took.Observe(took.Seconds())
}

// Octets counts octets of a message.
func (s *sessionTally) Octets(n int64) { s.octets.Add(float64(n)) }

// Retrieved counts a message, and one more wrong size of its upstream where it
// was not as listed.
func (s *sessionTally) Retrieved(upstream string, asListed bool) {
	s.retrieved.Inc()
	if !asListed {
		s.all.mismatch.WithLabelValues(upstream).Inc()
	}
}

// Update moves the session to UPDATE.
func (s *sessionTally) Update() { s.enter(s.update) }

// Deleted counts messages that are gone.
func (s *sessionTally) Deleted(action translate.OnDelete, messages int) {
	if c := s.all.deleted[action]; c != nil {
		c.Add(float64(messages))
	}
}

// Sent counts a message that a device has sent.
func (s *sessionTally) Sent(upstream string, code int, octets int64) {
	outcome := "failed"
	switch code / 100 {
	case 2:
		outcome = "accepted"
		s.all.sentOctets.WithLabelValues(upstream).Add(float64(octets))
	case 5:
		outcome = "refused"
	}
	s.all.sent.WithLabelValues(upstream, outcome).Inc()
}

// End counts the session as ended.
func (s *sessionTally) End(result string) {
	s.all.ended.WithLabelValues(s.name, result).Inc() // first: at no moment is it in neither
	s.state.Dec()
}

// Logins are how many have succeeded, and how many were refused, since the service began.
func (m *Metrics) Logins() (accepted, refused int) {
	found := make(chan prometheus.Metric)
	go func() { m.sessions.logins.Collect(found); close(found) }()
	for one := range found {
		var d dto.Metric
		if one.Write(&d) != nil {
			continue
		}
		n := int(d.GetCounter().GetValue())
		ok := false
		for _, label := range d.GetLabel() {
			ok = ok || label.GetName() == "code" && label.GetValue() == codeOK
		}
		if ok {
			accepted += n
		} else {
			refused += n
		}
	}
	return accepted, refused
}
