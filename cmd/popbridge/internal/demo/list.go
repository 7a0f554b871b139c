package demo

import (
	"slices"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
)

// List answers LIST and LSUB. Special uses stand in every answer, also where the
// client did not ask for them, as RFC 6154 §2 allows and Exchange does.
func (s *session) List(w *imapserver.ListWriter, ref string, patterns []string, o *imap.ListOptions) error {
	if len(patterns) == 0 { // LIST "" "" asks for the delimiter (RFC 9051 §6.3.9)
		return w.WriteList(&imap.ListData{Attrs: []imap.MailboxAttr{imap.MailboxAttrNoSelect}, Delim: delimiterRune})
	}
	for _, data := range s.account.list(ref, patterns, o) {
		if err := w.WriteList(data); err != nil {
			return err
		}
	}
	return nil
}

func (a *account) list(ref string, patterns []string, o *imap.ListOptions) []*imap.ListData {
	a.mu.Lock()
	defer a.mu.Unlock()
	var found []*imap.ListData
	for _, name := range a.names() {
		matches := slices.ContainsFunc(patterns, func(pattern string) bool {
			return imapserver.MatchList(name, delimiterRune, ref, pattern)
		})
		if data := a.listed(name, o); matches && data != nil {
			found = append(found, data)
		}
	}
	return found
}

// listed describes a mailbox, or is nil where the selection options of
// RFC 5258 §3 leave it out.
func (a *account) listed(name string, o *imap.ListOptions) *imap.ListData {
	b := a.mailboxes[name]
	data := &imap.ListData{Mailbox: name, Delim: delimiterRune}
	children := a.children(name)
	below := o.SelectRecursiveMatch && slices.ContainsFunc(children, func(child string) bool {
		return a.mailboxes[child].subscribed
	})
	switch {
	case o.SelectSpecialUse && len(b.use) == 0:
		return nil
	case o.SelectSubscribed && !b.subscribed && !below:
		return nil
	}
	if below {
		data.ChildInfo = &imap.ListDataChildInfo{Subscribed: true}
	}
	if b.subscribed && (o.SelectSubscribed || o.ReturnSubscribed) {
		data.Attrs = append(data.Attrs, imap.MailboxAttrSubscribed)
	}
	if len(children) > 0 {
		data.Attrs = append(data.Attrs, imap.MailboxAttrHasChildren)
	} else {
		data.Attrs = append(data.Attrs, imap.MailboxAttrHasNoChildren)
	}
	data.Attrs = append(data.Attrs, b.use...)
	if o.ReturnStatus != nil {
		data.Status = b.status(name)
	}
	return data
}

func (s *session) Status(name string, _ *imap.StatusOptions) (*imap.StatusData, error) {
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	b, err := s.account.find(name, imap.ResponseCodeNonExistent)
	if err != nil {
		return nil, err
	}
	return b.status(name), nil
}

// status fills in every item; imapserver writes those that were asked for.
func (b *mailbox) status(name string) *imap.StatusData {
	messages := uint32(len(b.messages))
	seen, _ := b.count(imap.FlagSeen)
	unseen := messages - seen
	deleted, deletedOctets := b.count(imap.FlagDeleted)
	var size int64
	for _, m := range b.messages {
		size += int64(len(m.octets))
	}
	return &imap.StatusData{
		Mailbox:        name,
		NumMessages:    &messages,
		NumRecent:      new(uint32),
		NumUnseen:      &unseen,
		NumDeleted:     &deleted,
		UIDNext:        b.next,
		UIDValidity:    b.validity,
		Size:           &size,
		DeletedStorage: &deletedOctets,
	}
}
