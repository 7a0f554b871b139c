package liars

import (
	"fmt"
	"slices"
	"strings"
)

// Mail is one account's mailboxes.
type Mail struct {
	Boxes []*Mailbox
}

// Mailbox is one of them. Messages stand in ascending order of UID.
type Mailbox struct {
	Name        string
	Use         string // special use such as \Trash, empty for none
	UIDValidity uint32
	UIDNext     uint32
	Messages    []*Message
}

// Message is known by its text, which a copy keeps.
type Message struct {
	UID   uint32
	Text  string
	Date  string // INTERNALDATE without quotes
	Flags []string
}

// Bystander is the UID of the message that another client has marked \Deleted
// in the INBOX of NewMail: no device sees it, and nobody may expunge it.
const Bystander = 17

// NewMail is an INBOX of five messages with UIDs 11, 12, 14, 17 and 20, of which
// Bystander is marked by somebody else, a Trash and an Archive with one old
// message each.
func NewMail() *Mail {
	inbox := &Mailbox{Name: "INBOX", UIDValidity: 7, UIDNext: 11}
	for i, uid := range []uint32{11, 12, 14, Bystander, 20} {
		inbox.UIDNext = uid
		inbox.Add(fmt.Sprintf("Message-ID: <%[2]d@x.test>\r\nSubject: message %[1]d\r\n\r\nbody of UID %[2]d\r\n.\r\nthe end\r\n", i+1, uid))
	}
	inbox.Find(Bystander).Flags = []string{`\Deleted`}
	trash := &Mailbox{Name: "Trash", Use: `\Trash`, UIDValidity: 8, UIDNext: 1}
	trash.Add("Subject: old\r\n\r\nin Trash already\r\n")
	archive := &Mailbox{Name: "Archive", Use: `\Archive`, UIDValidity: 9, UIDNext: 1}
	archive.Add("Subject: old\r\n\r\nin Archive already\r\n")
	return &Mail{Boxes: []*Mailbox{inbox, trash, archive}}
}

// Box finds a mailbox by name; nil where there is none.
func (m *Mail) Box(name string) *Mailbox {
	for _, b := range m.Boxes {
		if b.Name == name || strings.EqualFold(name, "INBOX") && b.Name == "INBOX" {
			return b
		}
	}
	return nil
}

// Inbox is Box("INBOX"), which always is there.
func (m *Mail) Inbox() *Mailbox { return m.Box("INBOX") }

// Count is how many messages with this text all mailboxes hold together.
func (m *Mail) Count(text string) int {
	n := 0
	for _, b := range m.Boxes {
		n += b.Count(text)
	}
	return n
}

// Count is how many messages have this text.
func (b *Mailbox) Count(text string) int {
	n := 0
	for _, msg := range b.Messages {
		if msg.Text == text {
			n++
		}
	}
	return n
}

// Add appends a message under the next UID.
func (b *Mailbox) Add(text string) *Message {
	msg := &Message{UID: b.UIDNext, Text: text, Date: fmt.Sprintf("01-Feb-2024 10:00:%02d +0000", b.UIDNext%60)}
	b.UIDNext++
	b.Messages = append(b.Messages, msg)
	return msg
}

// Find gives the message with a UID; nil where there is none.
func (b *Mailbox) Find(uid uint32) *Message {
	for _, msg := range b.Messages {
		if msg.UID == uid {
			return msg
		}
	}
	return nil
}

// Remove takes the messages away for which gone says so, and gives the sequence
// numbers as EXPUNGE tells them.
func (b *Mailbox) Remove(gone func(*Message) bool) (expunged []int) {
	for i := 0; i < len(b.Messages); {
		if gone(b.Messages[i]) {
			expunged = append(expunged, i+1)
			b.Messages = slices.Delete(b.Messages, i, i+1)
			continue
		}
		i++
	}
	return expunged
}

// Has reports whether a message carries a flag.
func (m *Message) Has(flag string) bool {
	return slices.ContainsFunc(m.Flags, func(f string) bool { return strings.EqualFold(f, flag) })
}

// Set adds a flag.
func (m *Message) Set(flag string) {
	if !m.Has(flag) {
		m.Flags = append(m.Flags, flag)
	}
}

// clear takes a flag away.
func (m *Message) clear(flag string) {
	m.Flags = slices.DeleteFunc(m.Flags, func(f string) bool { return strings.EqualFold(f, flag) })
}

// header gives those header fields that are asked for, and the blank line.
func (m *Message) header(names []string) string {
	head, _, _ := strings.Cut(m.Text, "\r\n\r\n")
	var b strings.Builder
	for line := range strings.SplitSeq(head, "\r\n") {
		name, _, _ := strings.Cut(line, ":")
		for _, wanted := range names {
			if strings.EqualFold(name, strings.Trim(wanted, `"`)) {
				b.WriteString(line + "\r\n")
			}
		}
	}
	return b.String() + "\r\n"
}
