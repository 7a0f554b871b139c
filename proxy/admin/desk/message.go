package desk

import (
	"fmt"
	"strings"
	"time"
)

// Message is what is known of one message that somebody misses.
type Message struct {
	Account string `json:"account"`
	Asked   string `json:"asked"` // its Message-ID or unique-id
	// Deletions are what devices have done to it, the newest first; at most MaxDeletions.
	Deletions []MessageDeletion `json:"deletions"`
	// Others are what else may keep a message from devices of this account, in words: what
	// is not in the journal leaves no trace of a single message.
	Others []string `json:"others"`
}

// MaxDeletions is how many deletions of one message are told of. Programs that give all
// messages the same Message-ID exist.
const MaxDeletions = 50

// MessageDeletion is a line of the journal, with what has come of it.
type MessageDeletion struct {
	Deletion
	// HiddenFrom are the devices that it is hidden from now, by name; empty for logins that
	// name none.
	HiddenFrom []string `json:"hidden_from"`
	Words      string   `json:"words"`
}

// Explain says what a line of the journal means to who misses the message.
func (d *MessageDeletion) Explain() {
	who := "a login without a device's name"
	if d.Device != "" {
		who = "device " + d.Device
	}
	text := fmt.Sprintf("%s deleted it %s (from %s)", who, at(d.At), d.Client)
	switch {
	case d.Went() != "":
		text += ": it was moved to " + d.Went()
	case d.Action == "expunge":
		text += ": it was removed for good"
	case d.Action == "flag":
		text += ": it stays in " + d.Mailbox + ", marked so that no device sees it again"
	case d.Action != "hide":
		text += ": it was moved away (on_delete " + d.Action + "), the server did not say where to"
	case len(d.HiddenFrom) == 0:
		text += ": it was hidden then, and is not any more"
	default:
		text += ": it stays in " + d.Mailbox + ", and has been hidden since then"
	}
	if len(d.HiddenFrom) > 0 {
		text += "; hidden from " + strings.Join(named(d.HiddenFrom), ", ")
	}
	if !d.Restored.IsZero() {
		text += "; it was brought back " + at(d.Restored)
	}
	d.Words = text
}

func at(t time.Time) string { return "at " + t.UTC().Format("2006-01-02 15:04:05 MST") }

func named(devices []string) []string {
	list := make([]string, len(devices))
	for i, d := range devices {
		if list[i] = d; d == "" {
			list[i] = "logins without a device's name"
		}
	}
	return list
}
