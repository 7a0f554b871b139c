package demo

import (
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
)

// answer is what one FETCH response says, taken under the lock and written
// without it.
type answer struct {
	number uint32
	uid    imap.UID
	octets []byte
	date   time.Time
	flags  []imap.Flag
	marked bool // \Seen was set by this very FETCH, so its answer must say so
}

// Fetch answers FETCH and UID FETCH. A section that is not peeked sets \Seen
// (RFC 9051 §6.4.5), unless the mailbox was opened with EXAMINE.
func (s *session) Fetch(w *imapserver.FetchWriter, set imap.NumSet, o *imap.FetchOptions) error {
	if len(o.BinarySection) > 0 || len(o.BinarySectionSize) > 0 {
		return bad("BINARY is not offered")
	}
	v := s.selected()
	marks := !v.readOnly && slices.ContainsFunc(o.BodySection, func(b *imap.FetchItemBodySection) bool { return !b.Peek })

	s.account.mu.Lock()
	targets, err := v.targets(set)
	answers := make([]answer, 0, len(targets))
	for _, t := range targets {
		before := t.version
		if marks {
			v.setFlags(t.entry, withFlag(t.flags, imap.FlagSeen))
		}
		marked := t.version != before
		if marked || o.Flags {
			t.told = t.version
		}
		answers = append(answers, answer{t.number, t.uid, t.octets, t.date, t.flags, marked})
	}
	s.account.mu.Unlock()

	for _, a := range answers {
		if err := a.write(w, o); err != nil {
			return err
		}
	}
	return err
}

func (a answer) write(fw *imapserver.FetchWriter, o *imap.FetchOptions) error {
	w := fw.CreateMessage(a.number)
	if o.UID {
		w.WriteUID(a.uid)
	}
	if o.Flags || a.marked {
		w.WriteFlags(a.flags)
	}
	if o.InternalDate {
		w.WriteInternalDate(a.date)
	}
	if o.RFC822Size {
		w.WriteRFC822Size(int64(len(a.octets)))
	}
	if o.Envelope {
		w.WriteEnvelope(envelope(a.octets))
	}
	if o.BodyStructure != nil {
		w.WriteBodyStructure(bodyStructure(a.octets))
	}
	for _, b := range o.BodySection {
		octets := section(a.octets, b)
		lw := w.WriteBodySection(b, int64(len(octets)))
		if _, err := lw.Write(octets); err != nil {
			_ = w.Close() // lets go of the connection's encoder, which is broken
			return err
		}
		if err := lw.Close(); err != nil {
			_ = w.Close()
			return err
		}
	}
	return w.Close()
}

// Store changes flags. Without SILENT it answers with the new ones.
func (s *session) Store(w *imapserver.FetchWriter, set imap.NumSet, change *imap.StoreFlags, _ *imap.StoreOptions) error {
	v := s.selected()
	if v.readOnly {
		return errReadOnly()
	}
	s.account.mu.Lock()
	targets, err := v.targets(set)
	answers := make([]answer, 0, len(targets))
	for _, t := range targets {
		v.setFlags(t.entry, applied(t.flags, change))
		if !change.Silent {
			t.told = t.version
			answers = append(answers, answer{number: t.number, uid: t.uid, flags: t.flags})
		}
	}
	s.account.mu.Unlock()

	_, byUID := set.(imap.UIDSet)
	for _, a := range answers {
		if err := a.write(w, &imap.FetchOptions{UID: byUID, Flags: true}); err != nil {
			return err
		}
	}
	return err
}

func applied(flags []imap.Flag, change *imap.StoreFlags) []imap.Flag {
	if change.Op == imap.StoreFlagsSet {
		flags = nil
	}
	for _, f := range change.Flags {
		if change.Op == imap.StoreFlagsDel {
			flags = withoutFlag(flags, f)
		} else {
			flags = withFlag(flags, f)
		}
	}
	return flags
}

// Copy answers COPY and UID COPY. For no message at all it says OK without
// COPYUID: the code cannot hold an empty set (RFC 4315 §4).
func (s *session) Copy(set imap.NumSet, dest string) (*imap.CopyData, error) {
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	messages, to, err := s.transfer(set, dest)
	if err != nil {
		return nil, err
	}
	return s.selected().mailbox.copyTo(to, messages), nil
}

// Move copies and expunges under one lock, so that no other connection sees both
// or neither (RFC 6851 §3.3). It writes no EXPUNGE: imapserver polls before
// the tagged OK, and that poll reports each removed message once.
func (s *session) Move(w *imapserver.MoveWriter, set imap.NumSet, dest string) error {
	v := s.selected()
	if v.readOnly {
		return errReadOnly()
	}
	s.account.mu.Lock()
	messages, to, err := s.transfer(set, dest)
	var data *imap.CopyData
	if err == nil {
		data = v.mailbox.copyTo(to, messages)
		v.mailbox.expunge(messages)
	}
	s.account.mu.Unlock()

	if data == nil {
		return err
	}
	return w.WriteCopyData(data)
}

// transfer finds what COPY and MOVE name. The account is locked.
func (s *session) transfer(set imap.NumSet, dest string) ([]*message, *mailbox, error) {
	to, err := s.account.find(dest, imap.ResponseCodeTryCreate)
	if err != nil {
		return nil, nil, err
	}
	targets, err := s.selected().targets(set)
	messages := make([]*message, len(targets))
	for i, t := range targets {
		messages[i] = t.message
	}
	return messages, to, err
}

// Expunge removes the messages marked \Deleted, with uids only those among them
// (RFC 4315 §2.1). The poll before the tagged OK reports them.
func (s *session) Expunge(w *imapserver.ExpungeWriter, uids *imap.UIDSet) error {
	v := s.selected()
	if v.readOnly {
		// CLOSE, which comes with a writer of nothing, ends an EXAMINE without
		// a word (RFC 9051 §6.4.1).
		if *w == (imapserver.ExpungeWriter{}) {
			return nil
		}
		return errReadOnly()
	}
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	var set imap.NumSet = imap.UIDSet{{Start: 1, Stop: 0}}
	if uids != nil {
		set = *uids
	}
	targets, err := v.targets(set)
	if err != nil {
		return err
	}
	var gone []*message
	for _, t := range targets {
		if t.has(imap.FlagDeleted) {
			gone = append(gone, t.message)
		}
	}
	v.mailbox.expunge(gone)
	return nil
}

func errReadOnly() error { return no("", "mailbox was opened read-only") }
