package configs

import "popbridge/translate"

// notYet are keys of a maildrop that are read and checked, and that nothing acts on so
// far, with whether a maildrop uses them. They are refused: a key without effect would
// show devices what its operator has taken from them.
var notYet = map[string]func(Maildrop) bool{
	"mailbox":       func(m Maildrop) bool { return m.Mailbox.Several() },
	"exclude":       func(m Maildrop) bool { return len(m.Exclude) > 0 },
	"max_mailboxes": func(m Maildrop) bool { return m.MaxMailboxes != 100 },
	"search":        func(m Maildrop) bool { return !m.Search.All() },
	"max_size":      func(m Maildrop) bool { return m.MaxSize > 0 },
	"order":         func(m Maildrop) bool { return m.Order == translate.OrderArrival || m.Order == translate.OrderNewest },
}

// checkNotYet refuses what is not supported yet.
func (r *reading) checkNotYet(at string, m Maildrop) {
	for name, used := range notYet {
		if key := at + "." + name; r.given(key) && !r.wrong[key] && used(m) {
			r.errorf(key, "is not supported yet; leave it out%s", map[string]string{"mailbox": ", or write one name"}[name])
		}
	}
}
