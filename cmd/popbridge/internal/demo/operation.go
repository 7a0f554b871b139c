package demo

import "strings"

// maxOperations bounds what one sentence names.
const maxOperations = 50

// operation is an IMAP command as the narration shows it.
type operation struct {
	tag   string
	verb  string // "UID FETCH"
	text  string // with what it is about: "UID FETCH 1003 BODY.PEEK[]"
	trail string // why it failed: "NO over quota"
}

func (o operation) failed() bool { return o.trail != "" }

func (o operation) isLogin() bool { return o.verb == "LOGIN" || o.verb == "AUTHENTICATE" }

func (o operation) String() string {
	if o.failed() {
		return o.text + " (" + o.trail + ")"
	}
	return o.text
}

// sent takes a line to the upstream. Lines within a SASL dialogue or after a
// literal are no commands and are passed over, and so is what only prepares:
// capabilities, names, keeping the connection.
func (s *story) sent(line string) {
	tag, rest, found := strings.Cut(line, " ")
	if !found || len(s.upstream) >= maxOperations {
		return
	}
	verb, args, _ := strings.Cut(rest, " ")
	verb = strings.ToUpper(verb)
	if verb == "UID" {
		second, after, _ := strings.Cut(args, " ")
		verb, args = "UID "+strings.ToUpper(second), after
	}
	o := operation{tag: tag, verb: verb}
	switch verb {
	case "LOGIN":
		o.text = verb // its arguments are the name and the password
	case "AUTHENTICATE":
		mechanism, _, _ := strings.Cut(args, " ")
		o.text = verb + " " + mechanism
	case "STARTTLS":
		o.text = verb
	case "SELECT", "EXAMINE":
		mailbox, _, _ := strings.Cut(args, " (") // without (CONDSTORE) or (QRESYNC …)
		o.text = verb + " " + unquoted(mailbox)
	case "CREATE", "APPEND":
		o.text = verb + " " + args
	case "UID FETCH":
		o.text = verb + " " + fetchArgs(args)
	case "UID SEARCH", "UID STORE", "UID EXPUNGE":
		o.text = verb + " " + args
	case "UID COPY", "UID MOVE":
		set, mailbox, _ := strings.Cut(args, " ")
		o.text = verb + " " + set + " " + unquoted(mailbox)
	default:
		return
	}
	s.upstream = append(s.upstream, o)
}

// received takes a line of the upstream and notes what failed.
func (s *story) received(line string) {
	tag, rest, _ := strings.Cut(line, " ")
	status, text, _ := strings.Cut(rest, " ")
	status = strings.ToUpper(status)
	if tag == "*" && status == "BYE" && len(s.upstream) > 0 {
		s.upstream[len(s.upstream)-1].trail = "BYE " + text
	}
	if status != "NO" && status != "BAD" {
		return
	}
	for i := range s.upstream {
		if s.upstream[i].tag == tag {
			s.upstream[i].trail = status + " " + text
		}
	}
}

// fetchArgs leaves out the parentheses around one item, and UID, which every
// answer has.
func fetchArgs(args string) string {
	set, items, _ := strings.Cut(args, " ")
	if inner, found := strings.CutPrefix(items, "("); found && strings.HasSuffix(inner, ")") {
		inner = strings.TrimPrefix(strings.TrimSuffix(inner, ")"), "UID ")
		if !strings.Contains(inner, " ") {
			items = inner
		} else {
			items = "(" + inner + ")"
		}
	}
	return set + " " + items
}

// unquoted is a mailbox name without its quotes.
func unquoted(mailbox string) string {
	if len(mailbox) >= 2 && mailbox[0] == '"' && mailbox[len(mailbox)-1] == '"' {
		return mailbox[1 : len(mailbox)-1]
	}
	return mailbox
}
