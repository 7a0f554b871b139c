package session

import (
	"time"

	"popbridge/proxy/backend"
	"popbridge/proxy/pop3"
	"popbridge/translate"
)

// quit ends the session; in TRANSACTION it enters UPDATE (RFC 1939 §6): the plan
// is written down, carried out, and recorded, and only then is +OK true.
func (s *Session) quit(pop3.Command) error {
	if s.state == authorization {
		s.finish("quit")
		s.conn.OK("bye")
		return nil
	}
	s.finish("quit failed")
	s.Host.Entered(backend.StateUpdate)
	s.Meter.Update()
	marked := s.drop.Marked()
	left, err := s.drop.Commit(s.Context)
	if err != nil {
		if done := marked - left; done > 0 {
			s.tally.dele = done
			s.Meter.Deleted(s.drop.Target.Maildrop.OnDelete, done)
		}
		r := translate.Refuse(err)
		t := s.drop.Target
		s.Backend.Troubled(backend.Trouble{
			Kind: backend.TroubleQUIT, Account: t.Account, Device: t.Device, Client: s.Client.String(), Listener: s.Listener.Name,
			Upstream: t.Upstream.Name, Code: r.Code, Cause: translate.Cause(r).Error(),
		})
		text := r.Text
		if marked > 0 {
			text = "some deleted messages not removed"
		}
		// The maildrop is free before the device hears of it here too: it tries
		// again at once, and that login settles what was begun.
		s.drop.Release(s.Context)
		return &translate.Refusal{Code: r.Code, Text: text, Err: r}
	}
	s.tally.dele = marked
	s.Meter.Deleted(s.drop.Target.Maildrop.OnDelete, marked)
	s.finish("quit")
	// The maildrop is free before the device hears +OK: it may log in again
	// at once.
	s.drop.Release(s.Context)
	s.conn.OK("bye")
	return nil
}

// end is the last thing that a session does, however it came to its end.
func (s *Session) end() {
	defer func() { s.Meter.End(s.result) }()
	s.conn.abort(s.Log)
	lasted := time.Since(s.Began).Round(time.Millisecond)
	if s.drop == nil {
		s.Log.Debug("connection ended", "result", s.result, "duration", lasted.String())
		return
	}
	s.Host.Entered(backend.StateUpdate)
	s.drop.Abandon(s.Context)
	s.drop.Release(s.Context)
	s.drop.Learn(s.Context)
	s.drop.Close()
	s.Log.Info("session ended", "result", s.result, "retr", s.tally.retr, "octets", s.tally.octets, "top", s.tally.top,
		"dele", s.tally.dele, "duration", lasted.String())
}
