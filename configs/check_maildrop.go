package configs

import (
	"fmt"
	"slices"
	"strings"

	"popbridge/translate"
)

// specialUses are those of RFC 6154 and RFC 8457.
func specialUses() []string {
	return []string{`\All`, `\Archive`, `\Drafts`, `\Flagged`, `\Important`, `\Junk`, `\Sent`, `\Trash`}
}

func (r *reading) checkMaildrop(at string, m Maildrop, driver Driver) {
	r.checkMailboxes(at, m)
	r.checkExclude(at, m)
	r.checkSearch(at, m)
	for key, name := range map[string]string{".trash_mailbox": m.TrashMailbox, ".archive_mailbox": m.ArchiveMailbox} {
		if strings.HasPrefix(name, `\`) {
			r.errorf(at+key, "%s is a special use; write the name of a mailbox, or leave the key out", name)
		}
	}
	if key := at + ".on_delete"; !m.OnDelete.Touches() && driver == DriverMemory && !r.wrong["state.driver"] {
		r.warnf(key, "hide with state.driver = memory shows every hidden message again after a restart; keep the state in a database, or use flag")
	}
}

// checkMailboxes looks at what a maildrop shows.
func (r *reading) checkMailboxes(at string, m Maildrop) {
	key := at + ".mailbox"
	if r.wrong[key] || !r.checkNames(key, m.Mailbox) {
		return
	}
	if len(m.Mailbox) == 0 {
		r.errorf(key, "is an empty list; write the name of a mailbox, or leave the key out for INBOX")
		return
	}
	if most, n := at+".max_mailboxes", len(m.Mailbox.written()); !r.wrong[most] && n > m.MaxMailboxes {
		r.errorf(most, "%d is too low for the %d mailboxes that are named, so every login would be refused; raise it", m.MaxMailboxes, n)
	}
	r.checkShownTarget(at, m)
}

// checkNames looks at names, special uses and patterns. It reports whether all are good.
func (r *reading) checkNames(key string, names []string) (good bool) {
	good = true
	for i, name := range names {
		what := ""
		switch {
		case name == "":
			what = "is empty; write the name of a mailbox, or leave the key out for INBOX"
			if len(names) > 1 || !strings.HasSuffix(key, ".mailbox") {
				what = "is empty; write the name of a mailbox, or leave it out"
			}
		case strings.HasPrefix(name, `\`) && !slices.Contains(specialUses(), name):
			what = fmt.Sprintf("%s is not a special use; one of %s", name, strings.Join(specialUses(), ", "))
		case holdsMailbox(names[:i], name):
			what = fmt.Sprintf("%q is given twice; keep one of them", name)
		default:
			continue
		}
		good = false
		r.errorf(r.element(key, i), "%s", what)
	}
	return good
}

// element names an element of a list as it stands in the file; the key where it does
// not stand there as an element.
func (r *reading) element(key string, i int) string {
	if at := fmt.Sprintf("%s[%d]", key, i); r.spots[at].file != "" && r.variables[key] == "" {
		return at
	}
	return key
}

// checkShownTarget: among several mailboxes the one that deleted messages are moved to
// would show them again.
func (r *reading) checkShownTarget(at string, m Maildrop) {
	use := string(m.OnDelete.Target())
	if use == "" || !m.Mailbox.Several() || r.wrong[at+".on_delete"] {
		return
	}
	target := m.Target()
	for i, name := range m.Mailbox {
		if target == "" && name == use || target != "" && sameMailbox(name, target) {
			r.errorf(r.element(at+".mailbox", i), "%s is where on_delete = %s moves deleted messages, so devices would get them again; leave it out, or delete in another way", name, m.OnDelete)
		}
	}
}

// checkExclude looks at what is left out again.
func (r *reading) checkExclude(at string, m Maildrop) {
	key := at + ".exclude"
	if len(m.Exclude) == 0 || r.wrong[key] || !r.checkNames(key, m.Exclude) {
		return
	}
	if !slices.ContainsFunc(m.Mailbox, IsPattern) {
		r.warnf(key, "is not used without a pattern in mailbox, such as \"Orders/*\"; leave it out")
	}
	for i, name := range m.Exclude {
		if holdsMailbox(m.Mailbox.written(), name) {
			r.errorf(r.element(key, i), "%q is also written out in mailbox; keep one of them", name)
		}
	}
}

// checkSearch: what is found by being unread is gone for its device once it was
// retrieved.
func (r *reading) checkSearch(at string, m Maildrop) {
	if key := at + ".search"; m.Search.Unread() && m.OnRetrieve == translate.RetrieveSeen && !r.wrong[key] && !r.wrong[at+".on_retrieve"] {
		r.warnf(key, "UNSEEN with on_retrieve = seen shows a message until one device has retrieved it, and then to none; where that is not meant, write on_retrieve = \"nothing\"")
	}
}
