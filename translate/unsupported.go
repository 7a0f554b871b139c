package translate

import "github.com/emersion/go-imap/v2"

// Unsupported is something that a policy wants and a server does not have.
type Unsupported struct {
	// Text says what is missing and what an operator can do about it.
	Text string
	// Fatal says that the login is refused: what the policy promises could not be kept.
	Fatal bool
}

// Unsupported compares a policy with a server, so that a login and check --connect
// say the same.
func (p Policy) Unsupported(s Server) []Unsupported {
	var missing []Unsupported
	fatal := func(text string) { missing = append(missing, Unsupported{Text: text, Fatal: true}) }
	warn := func(text string) { missing = append(missing, Unsupported{Text: text}) }

	how := honours[p.OnDelete]
	// What lies in the target already is removed there, so MOVE is no help.
	inTarget := how.target != "" && s.Target(how.target) == s.Mailbox
	moves := how.target != "" && !(how.final && inTarget)
	removes := !moves && !how.stays
	switch {
	case s.POP3 && p.OnDelete.OnOldServer() != p.OnDelete:
		fatal(`an old POP3 server can only remove, so on_delete = "` + how.word + `" cannot be carried out; use "expunge" or "hide"`)
	case s.POP3:
		return missing
	case !p.OnDelete.Touches():
	case s.ReadOnly:
		fatal(`the mailbox is read-only, so on_delete = "` + how.word + `" cannot be carried out; use "hide" or give the account the right to delete`)
	case moves && inTarget:
		fatal(`on_delete = "` + how.word + `" makes no sense in the ` + how.word + ` mailbox itself; choose another on_delete or mailbox`)
	case how.keyword != "" && !s.keeps(how.keyword):
		fatal(`the mailbox cannot keep the keyword ` + string(how.keyword) + ` (PERMANENTFLAGS), so on_delete = "` + how.word + `" would show deleted messages again; use "trash" or "hide"`)
	case moves && s.has(imap.CapMove):
	case (moves || removes) && !s.keeps(imap.FlagDeleted):
		fatal(`the mailbox cannot keep \Deleted (PERMANENTFLAGS), so on_delete = "` + how.word + `" cannot be carried out; use "hide"`)
	case (moves || removes) && !s.has(imap.CapUIDPlus) && p.StruckOut == StruckOutShow:
		fatal(`the server has no UIDPLUS, so deleted messages stay there marked \Deleted, and struck_out = "show" would show them again; use struck_out = "hide"`)
	case (moves || removes) && !s.has(imap.CapUIDPlus):
		warn(`the server has no UIDPLUS: deleted messages stay in the mailbox, marked \Deleted and unseen by devices, until a mail program expunges them`)
	}
	if p.OnRetrieve == RetrieveSeen && (s.ReadOnly || !s.keeps(imap.FlagSeen)) {
		warn(`the mailbox cannot keep \Seen, so on_retrieve = "seen" has no effect`)
	}
	return missing
}
