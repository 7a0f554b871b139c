package maildrop_test

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/hashicorp/go-hclog"

	"popbridge/proxy/backend"
	"popbridge/proxy/ledger"
	"popbridge/proxy/maildrop"
	"popbridge/tests/liars"
	"popbridge/translate"
)

// overtakenPage has another session log in before it answers one of its questions.
type overtakenPage struct {
	backend.Page
	at      string // the question
	another func()
}

func (p *overtakenPage) meanwhile(at string) {
	if p.at == at && p.another != nil {
		another := p.another
		p.another = nil
		another()
	}
}

func (p *overtakenPage) Known(ctx context.Context, validity uint32) (backend.State, error) {
	p.meanwhile("Known")
	return p.Page.Known(ctx, validity)
}

func (p *overtakenPage) Previous(ctx context.Context, validity uint32) (*translate.PreviousMailbox, error) {
	p.meanwhile("Previous")
	return p.Page.Previous(ctx, validity)
}

func (p *overtakenPage) Record(ctx context.Context, f translate.Facts) error {
	p.meanwhile("Record")
	return p.Page.Record(ctx, f)
}

func (p *overtakenPage) Keys(ctx context.Context, validity uint32) (map[imap.UID]translate.ContentKey, error) {
	p.meanwhile("Keys")
	keys, err := p.Page.Keys(ctx, validity)
	p.meanwhile("behind Keys")
	return keys, err
}

// Unkeyed cannot tell where others learn at the same moment.
func (p *overtakenPage) Unkeyed(ctx context.Context, validity uint32, limit int) []imap.UID {
	if p.at == "Unkeyed" {
		return nil
	}
	return p.Page.Unkeyed(ctx, validity, limit)
}

func (p *overtakenPage) Relink(ctx context.Context, validity uint32, links []translate.Link, formats []translate.Span) error {
	p.meanwhile("Relink")
	return p.Page.Relink(ctx, validity, links, formats)
}

func (p *overtakenPage) Login(ctx context.Context, f translate.Facts) error {
	p.meanwhile("Login")
	return p.Page.Login(ctx, f)
}

// keepsLedger gives the site a ledger on disk, which learns messages by content.
func (s *site) keepsLedger() {
	s.t.Helper()
	var err error
	s.store, err = ledger.Open(s.t.Context(), ledger.Options{Driver: ledger.DriverSQLite, Source: filepath.Join(s.t.TempDir(), "state.db"), Serve: true})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = s.store.Close() })
	s.request.Target.Maildrop.Lock = translate.LockDevice
}

// ids are what UIDL lists.
func ids(d *maildrop.Maildrop) (list []string) {
	for n := range d.Len() {
		list = append(list, string(d.AppendUniqueID(nil, n+1)))
	}
	return list
}

// Whatever a login has asked when another one finds the messages of a rebuilt mailbox
// again: its device sees the unique-ids that it knows, and nobody reads an ERROR.
func TestAnotherLoginMeanwhile(t *testing.T) {
	for _, at := range []string{"Known", "Previous", "Record", "Keys", "behind Keys", "Unkeyed", "Relink", "Login"} {
		t.Run(at, func(t *testing.T) {
			s := newSite(t)
			s.keepsLedger()
			s.server.Mail(func(m *liars.Mail) {
				for i := range 30 { // enough to freeze the account, were they not recognised
					m.Inbox().Add(fmt.Sprintf("Message-ID: <more%d@x.test>\r\n\r\nmore\r\n", i))
				}
			})
			var log bytes.Buffer
			s.request.Log = hclog.New(&hclog.LoggerOptions{Output: &log})
			d := s.mustOpen()
			want := ids(d)
			d.Release(t.Context())
			d.Learn(t.Context())
			d.Close()
			s.server.Hangup()
			s.server.Mail(func(m *liars.Mail) {
				inbox := m.Inbox()
				inbox.UIDValidity, inbox.UIDNext = 70, 100
				slices.Reverse(inbox.Messages)
				for i, msg := range inbox.Messages {
					msg.UID = uint32(i + 1)
				}
			})
			open := s.request.Backend.OpenPage
			login := func(device string, overtaken bool) {
				s.request.Target.Device = device
				s.request.Backend.OpenPage = func(ctx context.Context, k backend.PageKey) (backend.Page, error) {
					p, err := open(ctx, k)
					if err != nil || !overtaken {
						return p, err
					}
					return &overtakenPage{Page: p, at: at, another: func() {
						s.request.Backend.OpenPage = open
						s.request.Target.Device = "tablet"
						other := s.mustOpen()
						if got := ids(other); !slices.Equal(got, want) {
							t.Errorf("the faster device is shown %q, want %q", got, want)
						}
						other.Close()
					}}, nil
				}
				d := s.mustOpen()
				defer d.Close()
				if got := ids(d); !slices.Equal(got, want) {
					t.Errorf("the %s is shown %q, want %q", device, got, want)
				}
			}
			login("phone", true)
			login("phone", false)
			if strings.Contains(log.String(), "[ERROR]") {
				t.Error(log.String())
			}
			s.isOpen("at the end", 0, 0)
		})
	}
}
