package demo

import (
	"io"
	"sync"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
)

// session is one connection's state: not logged in (no account), logged in, or
// with a mailbox selected (a view). imapserver checks which commands fit which.
type session struct {
	server  *Server
	account *account

	mu   sync.Mutex // imapserver may still run Idle when it closes the session
	view *view
}

var (
	_ imapserver.SessionNamespace = (*session)(nil)
	_ imapserver.SessionMove      = (*session)(nil)
)

func (s *session) Close() error {
	defer s.server.sessions.Done()
	return s.Unselect()
}

// Login compares the whole name, as it is: the proxy in front decides what a
// name means.
func (s *session) Login(user, password string) error {
	a := s.server.login(user, password)
	if a == nil {
		return imapserver.ErrAuthFailed
	}
	s.account = a
	return nil
}

func (s *session) selected() *view {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.view
}

func (s *session) Select(name string, o *imap.SelectOptions) (*imap.SelectData, error) {
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	b, err := s.account.find(name, imap.ResponseCodeNonExistent)
	if err != nil {
		return nil, err
	}
	v := newView(b, o.ReadOnly)
	s.mu.Lock()
	s.view = v
	s.mu.Unlock()

	data := &imap.SelectData{
		Flags:       b.flagsInUse(),
		NumMessages: uint32(len(v.known)),
		UIDNext:     b.next,
		UIDValidity: b.validity,
	}
	if !o.ReadOnly {
		data.PermanentFlags = append(b.flagsInUse(), imap.FlagWildcard)
	}
	for i, e := range v.known {
		if !e.has(imap.FlagSeen) {
			data.FirstUnseenSeqNum = uint32(i + 1)
			break
		}
	}
	return data, nil
}

// flagsInUse are the system flags and the keywords that some message bears.
func (b *mailbox) flagsInUse() []imap.Flag {
	flags := []imap.Flag{imap.FlagAnswered, imap.FlagFlagged, imap.FlagDeleted, imap.FlagSeen, imap.FlagDraft}
	for _, m := range b.messages {
		for _, f := range m.flags {
			flags = withFlag(flags, f)
		}
	}
	return flags
}

func (s *session) Unselect() error {
	s.mu.Lock()
	v := s.view
	s.view = nil
	s.mu.Unlock()
	if v != nil {
		s.account.mu.Lock()
		defer s.account.mu.Unlock()
		v.close()
	}
	return nil
}

func (s *session) Create(name string, o *imap.CreateOptions) error {
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	return s.account.create(name, o.SpecialUse)
}

func (s *session) Delete(name string) error {
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	return s.account.remove(name)
}

func (s *session) Rename(from, to string, _ *imap.RenameOptions) error {
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	return s.account.rename(from, to)
}

func (s *session) Subscribe(name string) error   { return s.subscribe(name, true) }
func (s *session) Unsubscribe(name string) error { return s.subscribe(name, false) }

func (s *session) subscribe(name string, to bool) error {
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	b, err := s.account.find(name, imap.ResponseCodeNonExistent)
	if err != nil {
		return err
	}
	b.subscribed = to
	return nil
}

// Namespace: all mailboxes are the user's own and at the top (RFC 2342 §5).
func (s *session) Namespace() (*imap.NamespaceData, error) {
	return &imap.NamespaceData{
		Personal: []imap.NamespaceDescriptor{{Prefix: "", Delim: delimiterRune}},
	}, nil
}

// Append reads the whole message before it takes the lock: a client that stalls
// in the middle stops nobody, and one that hangs up leaves nothing behind.
func (s *session) Append(name string, r imap.LiteralReader, o *imap.AppendOptions) (*imap.AppendData, error) {
	octets := make([]byte, 0, min(r.Size(), 1<<20)) // an announcement alone costs at most 1 MB
	octets, err := readAll(octets, r)
	if err != nil {
		return nil, err
	}
	date := o.Time
	if date.IsZero() {
		date = s.server.now
	}
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	b, err := s.account.find(name, imap.ResponseCodeTryCreate)
	if err != nil {
		return nil, err
	}
	m := b.add(octets, o.Flags, date)
	return &imap.AppendData{UIDValidity: b.validity, UID: m.uid}, nil
}

func readAll(octets []byte, r imap.LiteralReader) ([]byte, error) {
	for {
		if len(octets) == cap(octets) {
			octets = append(octets, 0)[:len(octets)]
		}
		n, err := r.Read(octets[len(octets):cap(octets)])
		octets = octets[:len(octets)+n]
		switch {
		case err == io.EOF && int64(len(octets)) < r.Size():
			return nil, io.ErrUnexpectedEOF
		case err == io.EOF:
			return octets, nil
		case err != nil:
			return nil, err
		}
	}
}

func (s *session) Poll(w *imapserver.UpdateWriter, allowExpunge bool) error {
	v := s.selected()
	if v == nil {
		return nil
	}
	s.account.mu.Lock()
	n := v.poll(allowExpunge)
	s.account.mu.Unlock()
	return n.write(w)
}

// Idle reports changes until the client sends DONE (RFC 2177).
func (s *session) Idle(w *imapserver.UpdateWriter, stop <-chan struct{}) error {
	v := s.selected()
	if v == nil {
		<-stop
		return nil
	}
	for {
		if err := s.Poll(w, true); err != nil {
			return err
		}
		select {
		case <-v.updates:
		case <-stop:
			return nil
		}
	}
}
