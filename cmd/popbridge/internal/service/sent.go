package service

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/ledger/secrets"
	"popbridge/proxy/sent"
	"popbridge/proxy/upstream/imapbox"
	"popbridge/translate"
)

// Copies says where copies of sent mail lie, and what they are encrypted with.
type Copies struct {
	Folder func() (string, error)
	Keys   func() ([][]byte, error)
}

// CopiesOf has them lie beside the ledger.
func CopiesOf(c configs.State) Copies {
	return Copies{func() (string, error) { return stateFolderOf(c) }, c.Keys}
}

// spool is sent.Sent from the first configuration on that has a listener for mail to be
// sent: others need no folder.
type spool struct {
	log    hclog.Logger
	copies Copies
	pool   Upstreams
	tell   func(upstream string, outcome sent.Outcome)

	mu   sync.Mutex
	sent *sent.Sent // nil: not yet
}

// Configure takes a configuration.
func (s *spool) Configure(cfg *configs.Config) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sent == nil {
		if !cfg.Sends() {
			return nil
		}
		var err error
		if s.sent, err = s.open(); err != nil {
			return fmt.Errorf("the folder of sent mail cannot be used: %w", err)
		}
	}
	s.sent.Configure(cfg)
	return nil
}

func (s *spool) open() (*sent.Sent, error) {
	folder, err := s.copies.Folder()
	if err != nil {
		return nil, err
	}
	keys, err := s.copies.Keys()
	if err != nil {
		return nil, err
	}
	var cipher sent.Cipher
	if len(keys) > 0 {
		if cipher, err = secrets.NewKeyring(keys); err != nil {
			return nil, err
		}
	}
	return sent.New(s.log, folder, cipher, s.pool.OpenSent, s.tell)
}

// Begin is backend.Sent's.
func (s *spool) Begin(m backend.SentMail) (backend.SentCopy, error) {
	s.mu.Lock()
	at := s.sent
	s.mu.Unlock()
	return at.Begin(m)
}

// Close ends what is being done.
func (s *spool) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sent != nil {
		s.sent.Close()
	}
}

// OpenSent opens an account's mailbox of sent mail, as the account.
func (u Upstreams) OpenSent(ctx context.Context, at configs.Upstream, m backend.SentMail) (sent.Mailbox, error) {
	name := at.Submission.SentMailbox
	if name == "" {
		name = `\Sent`
	}
	client, _ := netip.ParseAddr(m.Client)
	box, err := u.IMAP.OpenSent(ctx, backend.Request{
		Upstream: at, Maildrop: configs.Maildrop{Name: "sent", Mailbox: configs.Mailboxes{name}, OnDelete: translate.DeleteHide}, Account: m.Account, Owner: m.Owner,
		Password: m.Password, Bearer: m.Bearer, Client: client, Log: hclog.NewNullLogger(),
	})
	if err != nil {
		return nil, translate.Cause(err)
	}
	return sentMailbox{box}, nil
}

// sentMailbox is imapbox's as package sent takes it.
type sentMailbox struct{ *imapbox.Mailbox }

func (m sentMailbox) Find(ctx context.Context, s translate.SentMessage, since time.Time, renamed bool) ([]translate.Place, error) {
	places, err := m.FindSent(ctx, s, since, renamed)
	return places, translate.Cause(err)
}

func (m sentMailbox) Append(ctx context.Context, octets int64, text io.Reader) (translate.Place, error) {
	place, err := m.Mailbox.Append(ctx, imapbox.SentMessage{Octets: octets, Text: text})
	return place, translate.Cause(err)
}
