package translate

import (
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"
)

// Server is what a Plan depends on: the upstream as it showed itself at login.
type Server struct {
	Caps imap.CapSet
	// PermanentFlags are the flags that the mailbox can keep. Nil means that
	// the server did not say, and then all may be kept (RFC 9051 §7.1).
	PermanentFlags []imap.Flag
	ReadOnly       bool
	// POP3 says that it is an old POP3 server: it can remove messages, by DELE and
	// QUIT, and nothing else.
	POP3 bool
	// Mailbox, Trash and Archive are names as the server lists them.
	Mailbox, Trash, Archive string
	// MailboxID is what names the mailbox whatever it is called (RFC 8474 §4), empty
	// where the server does not say.
	MailboxID string
}

// Target is the mailbox of a special use that messages are moved to.
func (s Server) Target(use imap.MailboxAttr) string {
	switch use {
	case imap.MailboxAttrTrash:
		return s.Trash
	case imap.MailboxAttrArchive:
		return s.Archive
	}
	return ""
}

// keeps reports whether the mailbox stores a flag for good.
func (s Server) keeps(flag imap.Flag) bool {
	if s.PermanentFlags == nil {
		return true
	}
	keyword := !strings.HasPrefix(string(flag), `\`)
	for _, f := range s.PermanentFlags {
		if strings.EqualFold(string(f), string(flag)) || keyword && f == imap.FlagWildcard {
			return true
		}
	}
	return false
}

func (s Server) has(c imap.Cap) bool { return s.Caps.Has(c) }

// OpKind is one of the few things that a Plan does upstream.
type OpKind uint8

// There is no plain EXPUNGE and no CLOSE among them: both remove what other
// clients have marked.
const (
	// OpStore is UID STORE +FLAGS.SILENT.
	OpStore OpKind = iota
	// OpCopy is UID COPY. Only after its OK may the next Op begin, and unlike
	// the others it may not be repeated without looking whether it was done.
	OpCopy
	// OpMove is UID MOVE (RFC 6851).
	OpMove
	// OpExpunge is UID EXPUNGE (RFC 4315).
	OpExpunge
	// OpDele is DELE and QUIT on an old POP3 server (RFC 1939 §6).
	OpDele
)

// Op is one IMAP command on the messages of a Plan.
type Op struct {
	Kind OpKind
	UIDs imap.UIDSet
	Flag imap.Flag // of OpStore
	To   string    // mailbox of OpCopy and OpMove
	// Optional ops are a courtesy: the Plan goes on where the server says NO.
	Optional bool
	// ToValidity and ToNext are the target's UIDVALIDITY and UIDNEXT before an
	// OpCopy, where to look for the copies after a cut.
	ToValidity uint32
	ToNext     imap.UID
	// Doubt says that an OpCopy may have been done already, before a crash.
	Doubt bool
}

// Plan is what the end of a session does: Ops in their order, each confirmed
// before the next, then Hide in the ledger.
type Plan struct {
	Ops  []Op
	Hide imap.UIDSet
	// Deletes is the number of messages that the device marked.
	Deletes int
}

// Plan gives what QUIT must do (RFC 1939 §6): \Seen for what was retrieved,
// then the operator's action for what is marked.
func (m *Maildrop) Plan(s Server) Plan {
	p := m.SeenPlan(s)
	if m.markedCount == 0 {
		return p
	}
	return p.And(m.policy.Deletion(s, m.uids(m.marked)))
}

// Deletion gives what deletes messages of a mailbox.
func (p Policy) Deletion(s Server, uids imap.UIDSet) Plan {
	plan := Plan{Deletes: len(Members(uids))}
	switch how := honours[p.OnDelete]; {
	case how.keyword != "":
		plan.Ops = []Op{{Kind: OpStore, UIDs: uids, Flag: how.keyword}}
	case how.stays:
		plan.Hide = uids
	case how.target != "":
		plan.Ops = moveTo(s, uids, s.Target(how.target))
	default:
		plan.Ops = remove(s, uids)
	}
	return plan
}

// And is a plan that does two things one after the other.
func (p Plan) And(more Plan) Plan {
	p.Ops = append(slices.Clip(p.Ops), more.Ops...)
	p.Hide = append(slices.Clip(p.Hide), more.Hide...)
	p.Deletes += more.Deletes
	return p
}

// SeenPlan gives what the end of a session does that did not say QUIT: \Seen
// for the messages that the device has in full, and never a deletion.
func (m *Maildrop) SeenPlan(s Server) Plan {
	if m.policy.OnRetrieve != RetrieveSeen || m.retrieved == nil && m.elsewhere == nil || s.ReadOnly || !s.keeps(imap.FlagSeen) {
		return Plan{}
	}
	uids := m.uids(m.retrieved)
	uids.AddNum(m.elsewhere...)
	return Plan{Ops: []Op{{Kind: OpStore, UIDs: uids, Flag: imap.FlagSeen, Optional: true}}}
}

// remove marks and expunges just these messages. Without UIDPLUS they stay
// marked: \Deleted hides them from every device, and whoever expunges the
// mailbox next takes them away.
func remove(s Server, uids imap.UIDSet) []Op {
	if s.POP3 {
		return []Op{{Kind: OpDele, UIDs: uids}}
	}
	ops := []Op{{Kind: OpStore, UIDs: uids, Flag: imap.FlagDeleted}}
	if s.has(imap.CapUIDPlus) {
		ops = append(ops, Op{Kind: OpExpunge, UIDs: uids})
	}
	return ops
}

// On is the op on other messages.
func (op Op) On(uids imap.UIDSet) Op {
	op.UIDs = uids
	return op
}

// Instead gives what is done with messages where the target of an op has no room,
// and the operator wants them removed then. Behind a COPY the removal follows anyway.
func (op Op) Instead(s Server, uids imap.UIDSet) []Op {
	if op.Kind == OpMove {
		return remove(s, uids)
	}
	return nil
}

// StepByStep gives what moves messages where a server has announced MOVE and refuses
// it as such.
func (op Op) StepByStep(s Server, uids imap.UIDSet) []Op {
	return append([]Op{{Kind: OpCopy, UIDs: uids, To: op.To, Doubt: op.Doubt}}, remove(s, uids)...)
}

// moveTo moves messages, step by step where the server has no MOVE. Messages
// that lie in the target mailbox already are removed: a webmail user who
// deletes in Trash deletes for good.
func moveTo(s Server, uids imap.UIDSet, target string) []Op {
	switch {
	case target == s.Mailbox:
		return remove(s, uids)
	case s.has(imap.CapMove):
		return []Op{{Kind: OpMove, UIDs: uids, To: target}}
	default:
		return Op{To: target}.StepByStep(s, uids)
	}
}

// Deletions begins the journal's lines of the marked messages: when, who and
// where to are not known here.
func (m *Maildrop) Deletions() []Deletion {
	deletions := make([]Deletion, 0, m.markedCount)
	m.marked.each(func(i int) {
		deletions = append(deletions, Deletion{
			UIDValidity: m.validity, UID: m.entries[i].UID, UniqueID: string(m.AppendUniqueID(nil, i+1)),
			Octets: m.size(i), Action: m.policy.OnDelete,
		})
	})
	return deletions
}

func (m *Maildrop) uids(set bitset) imap.UIDSet {
	var list []imap.UID
	set.each(func(i int) { list = append(list, m.entries[i].UID) })
	if !slices.IsSorted(list) {
		slices.Sort(list)
	}
	var uids imap.UIDSet
	for _, uid := range list {
		uids = appendUID(uids, uid)
	}
	return uids
}
