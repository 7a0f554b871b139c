package maildrop

import (
	"popbridge/proxy/backend"
	"popbridge/translate"
)

// Told is an event about a message of the maildrop, for the audit trail.
func (m *Maildrop) Told(kind backend.EventKind, msg translate.Message) backend.Event {
	p := m.parts[msg.Mailbox]
	e := p.Event(kind)
	e.UIDValidity, e.UID, e.Octets = p.Drop.UIDValidity(), uint32(msg.UID), msg.Octets
	e.UniqueID = string(m.AppendUniqueID(nil, msg.Number))
	return e
}
