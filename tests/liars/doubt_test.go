package liars_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/upstream"
	"popbridge/proxy/upstream/imapbox"
	"popbridge/tests/liars"
	"popbridge/translate"
)

// TestLookInTrashRefused: whether a COPY in doubt was done is looked up in the
// target. Where that fails the connection has another mailbox selected than the
// device's, and a later session on it may not take one for the other.
func TestLookInTrashRefused(t *testing.T) {
	s := liars.New(t, liars.Options{})
	s.Mail(func(m *liars.Mail) {
		// Another message has the first one's UID in Trash.
		m.Box("Trash").UIDNext = 11
		m.Box("Trash").Add(liars.Words)
	})
	pool := imapbox.NewPool(upstream.NewDialer())
	defer pool.Close()
	req := backend.Request{
		Upstream: configs.Upstream{Name: "liar", Address: s.Address(), TLS: configs.TLSNone, Timeout: 30 * time.Second, Reuse: time.Hour, Reauth: time.Hour, Parked: 1},
		Maildrop: configs.Maildrop{Name: "default", Mailbox: configs.Mailboxes{"INBOX"}, OnDelete: translate.DeleteTrash},
		Account:  "alice", Password: configs.NewSecret(liars.Password), Log: hclog.NewNullLogger(),
	}
	open := func() *imapbox.Mailbox {
		t.Helper()
		m, err := pool.Open(t.Context(), req)
		if err == nil {
			_, err = m.List(t.Context(), translate.Listing{})
		}
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	m := open()
	s.Lie(liars.Rule{On: "HEADER.FIELDS", First: 2, Last: 2, Do: liars.No("")})
	op := translate.Op{Kind: translate.OpCopy, UIDs: imap.UIDSet{{Start: 11, Stop: 11}}, To: "Trash", Doubt: true, ToValidity: 8, ToNext: 1}
	outcome, err := m.Apply(t.Context(), []translate.Op{op})
	if left, cause := outcome.Refused(); err == nil && (cause == nil || left.String() != "11") {
		t.Errorf("a COPY in doubt was settled although Trash could not be read; left is %v (%v)", left, cause)
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
	m = open()
	var body bytes.Buffer
	if err := m.Fetch(t.Context(), translate.Message{Number: 1, UID: 11, Octets: int64(len(first()))}, func(func(translate.Message) bool) {}, &body); err != nil || body.String() != first() {
		t.Errorf("UID 11 is %q (%v), want %q", body.String(), err, first())
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
	if s.Logins() != 1 {
		t.Errorf("%d logins, want 1: the connection was to be parked", s.Logins())
	}
}
