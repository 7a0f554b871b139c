package part

import (
	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/backend"
	"popbridge/translate"
)

// Event is what all events of a mailbox have in common.
func (m *Part) Event(kind backend.EventKind) backend.Event {
	t := m.Target
	return backend.Event{
		Kind: kind, Account: t.Account, Device: t.Device, Client: m.Client.String(), Session: m.Session,
		Upstream: t.Upstream.Name, Maildrop: t.Maildrop.Name, Mailbox: m.Name,
	}
}

// Tell writes down what became of messages that a device has deleted. Whose deletions
// were noted at an earlier QUIT, they say whose they are. Its error is the first.
func (m *Part) Tell(deletions []translate.Deletion, result string, cause error) (err error) {
	if !m.Backend.Audits() {
		return nil
	}
	for _, d := range deletions {
		e := m.Event(backend.EventDELE)
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
func (m *Part) tellOutcome(intent translate.Intent, outcome translate.Outcome, done string) error {
	refused, cause := outcome.Refused()
	err := m.Tell(outcome.Locate(intent.Deletions), done, nil)
	for _, rest := range []error{
		m.Tell(among(intent.Deletions, refused), backend.ResultRefused, cause),
		m.Tell(among(intent.Deletions, translate.Subtract(outcome.Missed(), refused)), backend.ResultGone, nil),
	} {
		if err == nil {
			err = rest
		}
	}
	return err
}

// TellAll writes down deletions of which nothing became, and why. quits are by mailbox.
func TellAll(parts []*Part, quits []Quit, result string, cause error) {
	for i, q := range quits {
		// What was not done needs no line to be allowed.
		_ = parts[i].Tell(q.Deletions, result, cause)
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
