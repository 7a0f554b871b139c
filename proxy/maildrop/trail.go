package maildrop

import (
	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/backend"
	"popbridge/translate"
)

// Told is an event about a message of the maildrop, for the audit trail.
func (m *Maildrop) Told(kind backend.EventKind, msg translate.Message) backend.Event {
	p := m.parts[msg.Mailbox]
	e := p.event(kind)
	e.UIDValidity, e.UID, e.Octets = p.drop.UIDValidity(), uint32(msg.UID), msg.Octets
	e.UniqueID = string(m.AppendUniqueID(nil, msg.Number))
	return e
}

// event is what all events of a mailbox have in common.
func (m *part) event(kind backend.EventKind) backend.Event {
	t := m.Target
	return backend.Event{
		Kind: kind, Account: t.Account, Device: t.Device, Client: m.Client.String(), Session: m.Session,
		Upstream: t.Upstream.Name, Maildrop: t.Maildrop.Name, Mailbox: m.name,
	}
}

// intending writes down what is about to be deleted, where nothing may be done that
// cannot be written down.
func (m *Maildrop) intending(quits []quit) error {
	if !m.Backend.AuditsStrictly() {
		return nil
	}
	for i, p := range m.parts {
		if err := p.tell(quits[i].Deletions, backend.ResultIntended, nil); err != nil {
			return err
		}
	}
	return nil
}

// tell writes down what became of messages that a device has deleted. Whose deletions
// were noted at an earlier QUIT, they say whose they are. Its error is the first.
func (m *part) tell(deletions []translate.Deletion, result string, cause error) (err error) {
	if !m.Backend.Audits() {
		return nil
	}
	for _, d := range deletions {
		e := m.event(backend.EventDELE)
		if !d.At.IsZero() {
			e.Device, e.Client = d.Device, d.Client
		}
		e.UIDValidity, e.UID, e.UniqueID, e.MessageID, e.Octets = d.UIDValidity, uint32(d.UID), d.UniqueID, d.MessageID, d.Octets
		e.Action, e.To, e.ToUID, e.Result = d.Action.String(), d.To, uint32(d.ToUID), result
		if cause != nil {
			e.Cause = translate.Cause(cause).Error()
		}
		if terr := m.Backend.Tell(e); err == nil {
			err = terr
		}
	}
	return err
}

// tellOutcome is tell for a plan that was carried out, with where the messages lie now,
// and for those that were refused with their cause. One that somebody has filed elsewhere
// is gone here, and has a line of its own there.
func (m *part) tellOutcome(intent translate.Intent, outcome translate.Outcome, done string) error {
	refused, cause := outcome.Refused()
	err := m.tell(outcome.Locate(intent.Deletions), done, nil)
	for _, rest := range []error{
		m.tell(among(intent.Deletions, refused), backend.ResultRefused, cause),
		m.tell(among(intent.Deletions, translate.Subtract(outcome.Missed(), refused)), backend.ResultGone, nil),
	} {
		if err == nil {
			err = rest
		}
	}
	return err
}

// tellAll writes down deletions of which nothing became, and why.
func (m *Maildrop) tellAll(quits []quit, result string, cause error) {
	for i, q := range quits {
		// What was not done needs no line to be allowed.
		_ = m.parts[i].tell(q.Deletions, result, cause)
	}
}

func among(deletions []translate.Deletion, uids imap.UIDSet) (some []translate.Deletion) {
	in := translate.Member(uids)
	for _, d := range deletions {
		if in(d.UID) {
			some = append(some, d)
		}
	}
	return some
}
