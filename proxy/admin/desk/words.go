package desk

import (
	"fmt"
	"strings"

	"popbridge/translate"
)

// Where says which logins take the route.
func (r Route) Where() string {
	words := []string{"any device"}
	if r.Device != "*" {
		words[0] = "device " + r.Device
	}
	if r.Listener != "" {
		words = append(words, "listener "+r.Listener)
	}
	if len(r.Client) > 0 {
		words = append(words, "from "+strings.Join(r.Client, ", "))
	}
	return strings.Join(words, ", ")
}

// Target says where the route leads.
func (r Route) Target() string {
	if r.Action == "refuse" {
		return "refused like a wrong password"
	}
	text := fmt.Sprintf("upstream %s (%s) as %s, maildrop %s", r.Upstream, r.Address, r.Login, r.Maildrop)
	if r.AsDevice != "" {
		text += ", as device " + r.AsDevice
	}
	passwords := map[string]string{
		"upstream": "the upstream's password", "device": "a password of the device's own", "either": "a password of the device's own, or the upstream's",
	}[r.Password]
	return text + "; takes " + passwords + "; after DELE and QUIT a message " + r.Dele
}

// State says how far a move is.
func (m Move) State() string {
	switch {
	case m.Held && m.Sessions > 0:
		return "held: " + translate.Count(m.Sessions, "session") + " may finish"
	case m.Held:
		return "held: logins are put off"
	case m.Working:
		return "a command is at work"
	case m.Pending:
		return "moved, but --after has not run to its end"
	}
	return "moved"
}

// UniqueIDs says how a maildrop's unique-ids are made.
func (m Maildrop) UniqueIDs() string {
	var parts []string
	for _, f := range m.Formats {
		parts = append(parts, fmt.Sprintf("%s from UID %d", f.Format, f.From))
	}
	parts = append(parts, translate.Count(m.Pinned, "pinned one"))
	if m.AcceptNewIDs {
		parts = append(parts, "new ones are accepted should the mailbox be rebuilt")
	}
	return strings.Join(parts, "; ")
}

// WhyFrozen says what a maildrop is held back for.
func (m Maildrop) WhyFrozen() string {
	if translate.Freeze(m.Frozen) == translate.FrozenEmpty {
		return "it is empty; after identity_hold it is served all the same"
	}
	return "most of its messages cannot be recognised; see popbridge account accept-new-ids"
}

// Unsettled says how many QUITs have begun to delete and are not known to have ended.
func (m Maildrop) Unsettled() string {
	if m.Intents == 0 {
		return "all are settled"
	}
	return translate.Count(m.Intents, "QUIT") + " being carried out, or interrupted and settled at the next login"
}

// Kind says what a device logs in with; empty where it has no password of its own.
func (p *Password) Kind() string {
	if p == nil {
		return ""
	}
	kind := "its own"
	if p.APOP {
		kind += ", for APOP too"
	}
	if p.Label != "" {
		kind += ": " + p.Label
	}
	return kind
}

// Went says where a message went; empty where it stayed, was expunged, or the server did
// not say.
func (d Deletion) Went() string {
	if d.To == "" {
		return ""
	}
	return fmt.Sprintf("%s, UID %d", d.To, d.ToUID)
}

// Next says what helps.
func (p MigrationProblem) Next() string {
	switch p.Step {
	case "harvested":
		return "mend the cause, then popbridge migrate harvest for it again"
	case "matched":
		return "see whether its mail was copied, then popbridge migrate match for it again"
	case "verified":
		return "compare what differs, match again where it helps, then popbridge migrate verify"
	case "moved":
		return "see what the command after the move has said, then popbridge migrate move for it again"
	}
	return "see popbridge migrate status"
}

// Millis is what the ledger's answer has taken, in milliseconds.
func (l Ledger) Millis() float64 { return float64(l.AnswerMicros) / 1000 }
