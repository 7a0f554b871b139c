package clerk

import (
	"fmt"
	"strings"

	"popbridge/configs"
	"popbridge/translate"
)

// policyWords says in words what a maildrop does.
func policyWords(m configs.Maildrop) []string {
	sees := "devices see " + m.Mailbox.String()
	if m.Visible > 0 {
		sees += fmt.Sprintf(", the last %v", m.Visible)
	}
	if len(m.Exclude) > 0 {
		sees += ", without " + strings.Join(m.Exclude, ", ")
	}
	if m.MaxSize > 0 {
		sees += ", none larger than " + m.MaxSize.String()
	}
	if text := m.Search.String(); text != "" {
		sees += ", only what the search finds: " + text
	}
	if m.MaxMessages > 0 {
		sees += fmt.Sprintf(", the newest %s", translate.Count(m.MaxMessages, "message"))
	}
	retrieved := "stays as it is"
	if m.OnRetrieve == translate.RetrieveSeen {
		retrieved = `becomes \Seen`
	}
	lock := map[translate.Lock]string{
		translate.LockDevice:  fmt.Sprintf("one session for each device at a time, until it is silent for %v", m.LockTakeover),
		translate.LockAccount: fmt.Sprintf("one session for the account at a time, until it is silent for %v", m.LockTakeover),
		translate.LockNone:    "any number of sessions at a time",
	}[m.Lock]
	return []string{
		sees,
		fmt.Sprintf("a deleted message %s (on_delete %v)", m.OnDelete.Describe(m.Target()), m.OnDelete),
		fmt.Sprintf("a retrieved message %s (on_retrieve %v)", retrieved, m.OnRetrieve),
		"new unique-ids are made with " + m.UniqueID.String(),
		lock,
		fmt.Sprintf("first_login %v, delete_guard %v, struck_out %v", m.FirstLogin, m.DeleteGuard, m.StruckOut),
	}
}
