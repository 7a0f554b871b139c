package imap

import (
	"bytes"
	"net"
	"strings"
	"testing"

	goimap "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
)

// TestAgainstWitness runs a session against a server that others have written.
func TestAgainstWitness(t *testing.T) {
	user := imapmemserver.NewUser("alice", `p"w\`)
	check(t, user.Create("INBOX", nil))
	mem := imapmemserver.New()
	mem.AddUser(user)
	server := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return mem.NewSession(), nil, nil
		},
		InsecureAuth: true,
		Caps:         goimap.CapSet{goimap.CapIMAP4rev1: {}, goimap.CapIMAP4rev2: {}},
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	served := make(chan struct{})
	go func() { defer close(served); server.Serve(l) }()
	t.Cleanup(func() { server.Close(); <-served })

	nc, err := net.Dial("tcp", l.Addr().String())
	check(t, err)
	c, err := New(ctx, nc, withHang(Options{}))
	check(t, err)
	wantStatus(t, c.Login(ctx, "alice", "wrong"), "NO", "AUTHENTICATIONFAILED")
	check(t, c.Login(ctx, "alice", `p"w\`))
	for i, text := range []string{"Subject: one\r\n\r\nfirst\r\n", "Subject: two\r\n\r\n" + strings.Repeat("second\r\n", 20_000), "Subject: three\r\n\r\n.\r\n"} {
		said, err := c.Append(ctx, "INBOX", []goimap.Flag{goimap.FlagSeen}, anyDate, int64(len(text)), strings.NewReader(text))
		if err != nil || said.UID != goimap.UID(i+1) {
			t.Fatalf("appended %+v, %v", said, err)
		}
	}
	check(t, c.Create(ctx, "Trash", ""))
	boxes, err := c.List(ctx, "", "*", ListOptions{})
	if err != nil || len(boxes) != 2 || boxes[0].Name != "INBOX" || boxes[1].Delimiter != '/' {
		t.Errorf("mailboxes %+v, %v", boxes, err)
	}
	status, err := c.Status(ctx, "INBOX")
	if err != nil || status.Messages != 3 || status.UIDNext != 4 {
		t.Errorf("status %+v, %v", status, err)
	}
	s, err := c.Select(ctx, "INBOX", SelectOptions{})
	if err != nil || s.Messages != 3 || s.UIDNext != 4 || s.UIDValidity == 0 {
		t.Errorf("selected %+v, %v", s, err)
	}
	got := copied(t, c, from(1), Items{Flags: true, Size: true, InternalDate: true, HeaderFields: []string{"Subject"}})
	if len(got) != 3 || got[1].Size != 160_016 || !got[1].InternalDate.Equal(anyDate) || string(got[2].Header) != "Subject: three\r\n\r\n" || got[0].Flags[0] != goimap.FlagSeen {
		t.Errorf("messages %+v", got)
	}
	one, two := start(t, c, 1, Section{Specifier: "TEXT"}), start(t, c, 2, Section{})
	wantBody(t, one, "first\r\n")
	var body bytes.Buffer
	if n, err := two.CopyTo(ctx, &body); n != 160_016 || err != nil || body.Len() != 160_016 {
		t.Errorf("%d octets, %v", n, err)
	}
	check(t, c.Store(ctx, goimap.UIDSetNum(1, 3), true, goimap.FlagDeleted))
	found, err := c.Search(ctx, "DELETED")
	if err != nil || found.String() != "1,3" {
		t.Errorf("found %v, %v", found, err)
	}
	where, err := c.Copy(ctx, found, "Trash")
	if err != nil || where.Source.String() != "1,3" || where.Dest.String() != "1:2" {
		t.Errorf("copied %+v, %v", where, err)
	}
	check(t, c.Expunge(ctx, goimap.UIDSetNum(3)))
	if found, err := c.Search(ctx, "ALL"); err != nil || found.String() != "1:2" || !c.Changes().Dirty {
		t.Errorf("found %v, %v", found, err)
	}
	check(t, c.Logout(ctx))
}
