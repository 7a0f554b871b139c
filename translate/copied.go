package translate

import (
	"slices"

	"github.com/emersion/go-imap/v2"
)

// Copied is a marked message whose copy lies where deleted messages go, as the server
// has confirmed, and that the server would not remove from its mailbox then. It is not
// copied again when a device deletes it again.
type Copied struct {
	UID        imap.UID
	Print      Fingerprint // of the message, in case that its UID comes to mean another one
	To         string      // the mailbox that the copy lies in
	ToValidity uint32
}

// Beyond is an intent that copies nothing which was copied before. A copy in a mailbox
// that was made anew since, or of a message that is another by now, is none.
func (i Intent) Beyond(copies []Copied) Intent {
	if len(copies) == 0 {
		return i
	}
	prints := i.prints()
	ops := make([]Op, 0, len(i.Plan.Ops))
	for _, op := range i.Plan.Ops {
		if op.Kind == OpCopy {
			var there imap.UIDSet
			for _, c := range copies {
				if print, marked := prints[c.UID]; marked && print == c.Print && c.To == op.To && c.ToValidity == op.ToValidity {
					there.AddNum(c.UID)
				}
			}
			op.UIDs = Subtract(op.UIDs, there)
		}
		if len(op.UIDs) > 0 {
			ops = append(ops, op)
		}
	}
	i.Plan.Ops = ops
	return i
}

// Rest is what an intent leaves to do of those messages that the server has refused
// in the middle.
func (i Intent) Rest(unfinished imap.UIDSet) Intent {
	rest := i.Except(Subtract(i.Marked(), unfinished))
	rest.Plan.Ops = slices.DeleteFunc(rest.Plan.Ops, func(op Op) bool { return op.Optional })
	rest.Refused = true
	return rest
}

// prints are those of an intent's messages.
func (i Intent) prints() map[imap.UID]Fingerprint {
	prints := make(map[imap.UID]Fingerprint, len(i.Marks))
	for _, m := range i.Marks {
		prints[m.UID] = m.Print
	}
	return prints
}
