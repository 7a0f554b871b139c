package translate

import "github.com/emersion/go-imap/v2"

// Place is where a message lies after a Plan.
type Place struct {
	Mailbox     string
	UIDValidity uint32
	UID         imap.UID
}

// Outcome is what became of a Plan's messages: where they went as far as the
// server has told (COPYUID, RFC 4315 §3), and which of them it has refused.
type Outcome struct {
	mailbox  string // empty: nothing was moved
	places   map[imap.UID]Place
	refused  imap.UIDSet
	cause    error // of the first refusal
	expunged imap.UIDSet

	unfinished imap.UIDSet // of the refused ones, those with which something was done
	copied     []Copied    // without prints
	moved      imap.UIDSet // by MOVE, as the server has told one by one
	missed     imap.UIDSet
}

// Refuse notes messages for which the server has refused what was asked.
func (o *Outcome) Refuse(uids imap.UIDSet, cause error) {
	o.refused.AddSet(uids)
	if o.cause == nil {
		o.cause = cause
	}
}

// Refused gives the messages that were refused, and why; nil for none.
func (o Outcome) Refused() (imap.UIDSet, error) { return o.refused, o.cause }

// Leave notes that something had been done with messages before they were refused.
func (o *Outcome) Leave(uids imap.UIDSet) { o.unfinished.AddSet(uids) }

// Unfinished gives the messages with which something was done, and then no more.
func (o Outcome) Unfinished() imap.UIDSet { return o.unfinished }

// Copy notes copies that the server has confirmed, in a mailbox with a UIDVALIDITY.
func (o *Outcome) Copy(uids imap.UIDSet, mailbox string, validity uint32) {
	for _, uid := range Members(uids) {
		o.copied = append(o.copied, Copied{UID: uid, To: mailbox, ToValidity: validity})
	}
}

// Copied gives those of an intent's messages that are unfinished, and whose copies
// the server has confirmed.
func (o Outcome) Copied(i Intent) (copies []Copied) {
	unfinished, prints := Member(o.unfinished), i.prints()
	for _, c := range o.copied {
		if print, marked := prints[c.UID]; marked && unfinished(c.UID) {
			c.Print = print
			copies = append(copies, c)
		}
	}
	return copies
}

// Move notes messages that MOVE was asked for, and those of them that the server has
// named in COPYUID: the others were not there any more. One that names none says nothing.
func (o *Outcome) Move(asked, told imap.UIDSet) {
	if len(told) > 0 {
		rest := Subtract(asked, told)
		o.moved.AddSet(Subtract(asked, rest))
		o.Miss(rest)
	}
}

// Miss notes messages that were gone before anything was done with them.
func (o *Outcome) Miss(uids imap.UIDSet) { o.missed.AddSet(uids) }

// Missed gives the messages that somebody else has taken away.
func (o Outcome) Missed() imap.UIDSet { return o.missed }

// Doubtful gives those of some messages of which the server has confirmed what was asked,
// and not that they were there: OK to STORE says the same of a message that is gone.
func (o Outcome) Doubtful(uids imap.UIDSet) imap.UIDSet {
	for _, known := range []imap.UIDSet{o.moved, o.missed, o.refused} {
		uids = Subtract(uids, known)
	}
	return uids
}

// Expunge notes messages that were removed for good where Trash had no room.
func (o *Outcome) Expunge(uids imap.UIDSet) { o.expunged.AddSet(uids) }

// Add notes that source went to dest in a mailbox, in order. Sets of different
// size say nothing but the mailbox.
func (o *Outcome) Add(mailbox string, validity uint32, source, dest imap.UIDSet) {
	if mailbox != "" {
		o.mailbox = mailbox
	}
	from, to := members(source, maxTold), members(dest, maxTold)
	if validity == 0 || len(from) == 0 || len(from) != len(to) {
		return
	}
	if o.places == nil {
		o.places = make(map[imap.UID]Place, len(from))
	}
	for i, uid := range from {
		o.places[uid] = Place{Mailbox: mailbox, UIDValidity: validity, UID: to[i]}
	}
}

// Place gives where a message went; false where that is not known.
func (o Outcome) Place(uid imap.UID) (Place, bool) {
	p, ok := o.places[uid]
	return p, ok
}

// maxTold bounds what a server's word is expanded to. Of a greater move only the
// mailbox is known.
const maxTold = 1 << 20

// maxMembers bounds what a set of our own is expanded to: no mailbox is served
// that holds more messages.
const maxMembers = 10_000_000

// Members expands a set; nil where it is dynamic, or has more than 10,000,000
// members.
func Members(set imap.UIDSet) []imap.UID { return members(set, maxMembers) }

func members(set imap.UIDSet, most int) []imap.UID {
	var uids []imap.UID
	for _, r := range set {
		if r.Start == 0 || r.Stop < r.Start || int(r.Stop-r.Start) >= most-len(uids) {
			return nil
		}
		for uid := r.Start; ; uid++ {
			uids = append(uids, uid)
			if uid == r.Stop {
				break
			}
		}
	}
	return uids
}

// Locate completes lines of the journal with where the messages lie now, and
// leaves out those that were refused, or gone before.
func (o Outcome) Locate(deletions []Deletion) []Deletion {
	refused, missed, expunged := Member(o.refused), Member(o.missed), Member(o.expunged)
	located := make([]Deletion, 0, len(deletions))
	for _, d := range deletions {
		if refused(d.UID) || missed(d.UID) {
			continue
		}
		d.To = o.mailbox
		if p, ok := o.Place(d.UID); ok {
			d.To, d.ToValidity, d.ToUID = p.Mailbox, p.UIDValidity, p.UID
		}
		if expunged(d.UID) {
			d.Action, d.To = DeleteExpunge, ""
		}
		located = append(located, d)
	}
	return located
}
