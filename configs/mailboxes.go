package configs

import (
	"errors"
	"slices"
	"strings"
)

// Mailboxes are those that a maildrop shows: names, special uses, and patterns as LIST
// has them (RFC 3501 §6.3.8). In a file it is one of these, or a list of them.
type Mailboxes []string

// First is the one whose unique-ids are what they are without the others: the first that
// is written out. Where there are only patterns it is INBOX, so that another mailbox which
// they find one day changes none; empty where there is nothing.
func (m Mailboxes) First() string {
	if written := m.written(); len(written) > 0 {
		return written[0]
	}
	if len(m) > 0 {
		return "INBOX"
	}
	return ""
}

// Several reports whether more than one mailbox may be shown.
func (m Mailboxes) Several() bool { return len(m) > 1 || slices.ContainsFunc(m, IsPattern) }

// String gives them in the order of the file.
func (m Mailboxes) String() string { return strings.Join(m, ", ") }

// written are those that are no patterns.
func (m Mailboxes) written() []string {
	return slices.DeleteFunc(slices.Clone([]string(m)), IsPattern)
}

// IsPattern reports whether a name stands for any number of mailboxes.
func IsPattern(name string) bool { return strings.ContainsAny(name, "*%") }

// sameMailbox compares names as servers do (RFC 3501 §5.1): INBOX in any case.
func sameMailbox(a, b string) bool {
	return a == b || strings.EqualFold(a, "INBOX") && strings.EqualFold(b, "INBOX")
}

// holdsMailbox reports whether a name is among others.
func holdsMailbox(names []string, name string) bool {
	return slices.ContainsFunc(names, func(other string) bool { return sameMailbox(other, name) })
}

// set takes one text, or a list of texts.
func (m *Mailboxes) set(given any) error {
	switch given := given.(type) {
	case string:
		name, err := plainText(given)
		*m = Mailboxes{name}
		return err
	case []any:
		return setList((*[]string)(m), given, "INBOX", plainText)
	}
	return errors.New(`has to be text in quotes, or a list such as ["INBOX", "Orders/*"]`)
}
