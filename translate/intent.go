package translate

import (
	"slices"

	"github.com/emersion/go-imap/v2"
)

// Missing gives the marks of an intent that are not among those that were there
// when the mailbox was asked.
func (i Intent) Missing(there map[imap.UID]Fingerprint) imap.UIDSet {
	var uids imap.UIDSet
	for _, m := range i.Marks {
		if _, ok := there[m.UID]; !ok {
			uids.AddNum(m.UID)
		}
	}
	return uids
}

// Without is an intent that leaves messages alone which are gone: nothing is left
// to do for them, and a server may take their UIDs for those of other messages.
// What is hidden stays hidden: that touches nothing upstream.
func (i Intent) Without(gone imap.UIDSet) Intent {
	if len(i.Plan.Hide) > 0 {
		i.Plan = i.Plan.without(gone)
		return i
	}
	return i.Except(gone)
}

// And is an intent for further messages of the same mailbox.
func (i Intent) And(more Intent) Intent {
	i.UIDNext = max(i.UIDNext, more.UIDNext)
	i.Plan = i.Plan.And(more.Plan)
	i.Marks = append(slices.Clip(i.Marks), more.Marks...)
	i.Deletions = append(slices.Clip(i.Deletions), more.Deletions...)
	return i
}

// Except is an intent without some of its messages.
func (i Intent) Except(uids imap.UIDSet) Intent {
	if len(uids) == 0 {
		return i
	}
	in := Member(uids)
	i.Plan = i.Plan.without(uids)
	i.Plan.Hide = Subtract(i.Plan.Hide, uids)
	marks := len(i.Marks)
	i.Marks = slices.DeleteFunc(slices.Clone(i.Marks), func(m Mark) bool { return in(m.UID) })
	i.Plan.Deletes -= marks - len(i.Marks)
	i.Deletions = slices.DeleteFunc(slices.Clone(i.Deletions), func(d Deletion) bool { return in(d.UID) })
	return i
}

// without leaves messages out of every op, and out those ops that have none left.
func (p Plan) without(uids imap.UIDSet) Plan {
	ops := make([]Op, 0, len(p.Ops))
	for _, op := range p.Ops {
		if op.UIDs = Subtract(op.UIDs, uids); len(op.UIDs) > 0 {
			ops = append(ops, op)
		}
	}
	p.Ops = ops
	return p
}
