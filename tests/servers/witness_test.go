package servers

import (
	"net"
	"slices"
	"testing"

	"github.com/emersion/go-imap/v2"
)

func TestWitness(t *testing.T) {
	each(t, func(t *testing.T, s *Server) {
		w := Dial(t, s.IMAP, alice, Users()[alice])
		w.Fill("INBOX", Messages(120), imap.FlagFlagged)
		uids := w.UIDs("INBOX")
		if len(uids) != 120 || !slices.IsSorted(uids) {
			t.Fatalf("120 messages have the UIDs %v", uids)
		}
		for i, uid := range uids {
			if got := w.Raw("INBOX", uid); string(got) != string(Messages(120)[i]) {
				t.Fatalf("message %d is %q", i+1, got)
			}
		}
		if w.UIDValidity("INBOX") == 0 {
			t.Error("no UIDVALIDITY")
		}

		w.Store("INBOX", uids[0], imap.StoreFlagsAdd, imap.FlagSeen, "$Keyword")
		same(t, "flags added", w.Flags("INBOX", uids[0]), []imap.Flag{"$Keyword", imap.FlagFlagged, imap.FlagSeen})
		w.Store("INBOX", uids[0], imap.StoreFlagsDel, imap.FlagSeen)
		same(t, "a flag taken away", w.Flags("INBOX", uids[0]), []imap.Flag{"$Keyword", imap.FlagFlagged})
		same(t, "another message's flags", w.Flags("INBOX", uids[1]), []imap.Flag{imap.FlagFlagged})

		w.Store("INBOX", uids[2], imap.StoreFlagsSet, imap.FlagDeleted)
		same(t, "after \\Deleted", w.UIDs("INBOX"), uids)
		w.Expunge("INBOX")
		left := slices.Delete(slices.Clone(uids), 2, 3)
		same(t, "after EXPUNGE", w.UIDs("INBOX"), left)
		w.Remove("INBOX", left[0], left[5])
		left = slices.Delete(slices.Delete(left, 5, 6), 0, 1)
		same(t, "after Remove", w.UIDs("INBOX"), left)

		before := w.Mailboxes()
		name := "Sub"
		if s.Name == "courier" {
			name = "INBOX.Sub"
		}
		w.CreateMailbox(name)
		if !slices.Contains(w.Mailboxes(), name) {
			t.Errorf("%s is not among %q", name, w.Mailboxes())
		}
		uid := w.AppendTo(name, Messages(1)[0], imap.FlagSeen)
		same(t, "the other mailbox", w.UIDs(name), []imap.UID{uid})
		w.DeleteMailbox(name)
		same(t, "mailboxes", w.Mailboxes(), before)

		trash := map[string]string{"dovecot": "Trash", "cyrus": "Trash"}[s.Name]
		if got := w.Special(imap.MailboxAttrTrash); got != trash {
			t.Errorf("\\Trash is %q", got)
		}

		w.Clear("INBOX")
		same(t, "after Clear", w.UIDs("INBOX"), nil)
		w.Clear("INBOX")
		if uid := w.Append(Messages(1)[0]); uid <= uids[119] {
			t.Errorf("UID %d after %d", uid, uids[119])
		}
		w.Logout()
	})
}

func same[T comparable](t *testing.T, what string, got, want []T) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %v, not %v", what, got, want)
	}
}

func TestDovecotOptions(t *testing.T) {
	s := StartDovecot(t, Dovecot{
		Users:          map[string]string{"printer": "p:ss w\xc3\xb6rd"},
		Prefix:         "INBOX.",
		Separator:      ".",
		POP3UIDLFormat: "%v.%u",
		Extra:          "mail_location = mdbox:~/mdbox",
	})
	w := Dial(t, s.IMAP, "printer", "p:ss w\xc3\xb6rd")
	if got := w.Special(imap.MailboxAttrTrash); got != "INBOX.Trash" {
		t.Errorf("\\Trash is %q", got)
	}
	if !w.Client.Caps().Has(imap.CapUIDPlus) || !w.Client.Caps().Has(imap.CapMove) {
		t.Error("the capabilities are not Dovecot's")
	}
	uid := w.Append(Messages(1)[0])
	want := itoa(w.UIDValidity("INBOX")) + "." + itoa(uint32(uid))
	if got := uniqueID(t, s, "printer", "p:ss w\xc3\xb6rd"); got != want {
		t.Errorf("the unique-id is %q, not %q", got, want)
	}

	s = StartDovecot(t, Dovecot{Capability: Plain, NoSpecialUse: true})
	w = Dial(t, s.IMAP, alice, Users()[alice])
	same(t, "mailboxes", w.Mailboxes(), []string{"INBOX"})
	for _, capability := range []imap.Cap{imap.CapUIDPlus, imap.CapMove, imap.CapSpecialUse, imap.CapLiteralPlus} {
		if w.Client.Caps().Has(capability) {
			t.Errorf("it announces %s", capability)
		}
	}
}

func TestCyrusAndCourierSettings(t *testing.T) {
	s := StartCyrus(t, Cyrus{NoSpecialUse: true, Settings: map[string]string{"uidl_format": "courier"}})
	w := Dial(t, s.IMAP, alice, Users()[alice])
	same(t, "mailboxes", w.Mailboxes(), []string{"INBOX"})
	uid := w.Append(Messages(1)[0])
	want := itoa(w.UIDValidity("INBOX")) + "-" + itoa(uint32(uid))
	if got := uniqueID(t, s, alice, Users()[alice]); got != want {
		t.Errorf("the unique-id is %q, not %q", got, want)
	}

	s = StartCourier(t, Courier{Settings: map[string]string{"IMAP_CAPABILITY": "IMAP4rev1"}})
	w = Dial(t, s.IMAP, alice, Users()[alice])
	if w.Client.Caps().Has(imap.CapUIDPlus) {
		t.Error("Courier announces UIDPLUS")
	}
}

func TestFreePorts(t *testing.T) {
	ports := FreePorts(t, 500)
	seen := map[int]bool{}
	for _, port := range ports {
		if seen[port] {
			t.Errorf("port %d twice", port)
		}
		seen[port] = true
		l, err := net.Listen("tcp", local(port))
		if err != nil {
			t.Errorf("port %d is not free: %v", port, err)
			continue
		}
		l.Close()
	}
	if len(ports) != 500 {
		t.Errorf("%d ports", len(ports))
	}
}
