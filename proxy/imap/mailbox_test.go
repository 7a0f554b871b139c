package imap

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	goimap "github.com/emersion/go-imap/v2"
)

func TestList(t *testing.T) {
	c := dial(t, Options{}, "S: * OK [CAPABILITY IMAP4rev1 SPECIAL-USE LIST-EXTENDED] hi\n"+`
	C: A1 LIST "" "*" RETURN (SPECIAL-USE)
	S: * LIST (\HASCHILDREN \trash) "/" Trash
	S: * LIST () NIL "a \"b\""
	S: * LIST (\X]y) "\\" Gr`+"\xfc"+`n[1]
	S: * LIST (\Noselect) "." {3}
	S: *)& 
	S: * LIST () "/" INBOX ("OLDNAME" ({3}
	S: ab)))
	S: * LSUB () "/" other
	S: A1 OK`)
	got, err := c.List(ctx, "", "*", ListOptions{SpecialUse: true})
	check(t, err)
	want := []Mailbox{
		{"Trash", '/', []goimap.MailboxAttr{goimap.MailboxAttrHasChildren, goimap.MailboxAttrTrash}},
		{`a "b"`, 0, nil},
		{"Gr\xfcn[1]", '\\', []goimap.MailboxAttr{`\X]y`}},
		{"*)&", '.', []goimap.MailboxAttr{goimap.MailboxAttrNoSelect}},
		{"INBOX", '/', nil},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("mailboxes %+v", got)
	}
}

// TestListWithoutSpecialUse: RETURN is a syntax error to a server that does not announce it.
func TestListWithoutSpecialUse(t *testing.T) {
	c := dial(t, Options{}, "S: * OK [CAPABILITY IMAP4rev1 SPECIAL-USE] hi\nC: A1 LIST \"\" \"%\"\nS: A1 OK")
	if got, err := c.List(ctx, "", "%", ListOptions{SpecialUse: true}); err != nil || len(got) != 0 {
		t.Errorf("%v, %v", got, err)
	}
}

func TestNamespace(t *testing.T) {
	for said, want := range map[string]Namespace{
		`(("INBOX." ".")("#mh/" "/" "X-PARAM" ("FLAG1" "FLAG2"))) NIL (("#shared." "."))`: {Prefix: "INBOX.", Delimiter: '.'},
		`(("" NIL)) NIL NIL`: {},
		`NIL NIL NIL`:        {},
	} {
		c := dial(t, Options{}, greeted+"C: A1 NAMESPACE\nC: A2 LIST \"\" \"*\"\nS: * NAMESPACE "+said+"\nS: A1 OK\nS: A2 OK")
		var ns Namespace
		if _, err := c.List(ctx, "", "*", ListOptions{Namespace: &ns}); err != nil || ns != want {
			t.Errorf("%s: namespace %+v, %v", said, ns, err)
		}
	}
}

func TestCreate(t *testing.T) {
	c := dial(t, Options{}, greeted+`
	C: A1 CREATE "INBOX.Trash"
	S: A1 OK [CAPABILITY IMAP4rev1 CREATE-SPECIAL-USE]
	C: A2 CREATE "a b" (USE (\Trash))
	S: A2 NO [ALREADYEXISTS] there`)
	check(t, c.Create(ctx, "INBOX.Trash", goimap.MailboxAttrTrash))
	wantStatus(t, c.Create(ctx, "a b", goimap.MailboxAttrTrash), "NO", "ALREADYEXISTS")
}

func TestSelect(t *testing.T) {
	c := dial(t, Options{}, greeted+`
	C: A1 SELECT "INBOX"
	S: * FLAGS (\Seen x])
	S: * 23 EXISTS
	S: * 0 RECENT
	S: * OK [UNSEEN 3] first
	S: * OK [uidvalidity 4294967295] good
	S: * OK [UIDNEXT 42] next
	S: * OK [HIGHESTMODSEQ 9223372036854775807]
	S: * OK [PERMANENTFLAGS (\SEEN \Deleted $POP3Deleted odd] \*)] limited
	S: * OK [MAILBOXID (F2212ea87-6097-4256-9d51-71338625)] ok
	S: * OK [X-NEW (a "]" b) c] new
	S: A1 OK [READ-ONLY] done
	C: A2 EXAMINE "Tr&AOQ-sh" (CONDSTORE)
	S: * 23 EXISTS
	S: * OK [UIDNEXT 9] of the old one
	S: * OK [CLOSED] gone
	S: * 1 EXISTS
	S: * OK [NOMODSEQ] none
	S: A2 OK done
	C: A3 SELECT "x"
	S: * 5 EXISTS
	S: * VANISHED (EARLIER) 41,43:116,1
	S: * VANISHED (EARLIER) 2,117
	S: * 1 FETCH (UID 3 FLAGS (\Seen) MODSEQ (9))
	S: A3 OK [READ-WRITE] done
	C: A4 SELECT "gone"
	S: A4 NO [NONEXISTENT] gone
	C: A5 SELECT "y"
	S: A5 OK strange`)
	s, err := c.Select(ctx, "INBOX", SelectOptions{})
	check(t, err)
	want := &Selected{Messages: 23, UIDValidity: 4294967295, UIDNext: 42, HighestModSeq: 9223372036854775807, PermanentFlagsSaid: true,
		PermanentFlags: []goimap.Flag{goimap.FlagSeen, goimap.FlagDeleted, "$POP3Deleted", "odd]", goimap.FlagWildcard},
		ReadOnly:       true, MailboxID: "F2212ea87-6097-4256-9d51-71338625"}
	if !reflect.DeepEqual(s, want) {
		t.Errorf("selected %+v", s)
	}
	if ch := c.Changes(); ch.Dirty || ch.Exists != 23 {
		t.Errorf("changes %+v", ch)
	}
	s, err = c.Select(ctx, "Tr&AOQ-sh", SelectOptions{ReadOnly: true, CondStore: true})
	if want := (&Selected{Messages: 1, ReadOnly: true}); err != nil || !reflect.DeepEqual(s, want) {
		t.Errorf("selected %+v, %v", s, err)
	}
	s, err = c.Select(ctx, "x", SelectOptions{})
	if err != nil || s.Messages != 5 {
		t.Errorf("messages that vanished earlier are counted: %+v, %v", s, err)
	}
	_, err = c.Select(ctx, "gone", SelectOptions{})
	wantStatus(t, err, "NO", "NONEXISTENT")
	_, err = c.Select(ctx, "y", SelectOptions{})
	wantBroken(t, c, err)
}

func TestSelectNumbers(t *testing.T) {
	for _, line := range []string{"* OK [UIDVALIDITY 4294967296] x", "* OK [UIDNEXT x] x", "* OK [HIGHESTMODSEQ 9223372036854775808] x", "* 4294967296 EXISTS"} {
		c := dial(t, Options{}, greeted+"C: A1 SELECT \"INBOX\"\nS: "+line)
		_, err := c.Select(ctx, "INBOX", SelectOptions{})
		wantBroken(t, c, err)
	}
}

func TestStatus(t *testing.T) {
	c := dial(t, Options{}, "S: * OK [CAPABILITY IMAP4rev1 CONDSTORE] hi\n"+`
	C: A1 STATUS "a" (MESSAGES UIDNEXT UIDVALIDITY)
	S: * STATUS {1}
	S: a (MESSAGES 1 uidnext 2 UIDVALIDITY 3 X-NEW (a (b)) HIGHESTMODSEQ 4 )
	S: A1 OK
	C: A2 STATUS "a" (MESSAGES UIDNEXT UIDVALIDITY)
	S: A2 OK`)
	if s, err := c.Status(ctx, "a"); err != nil || *s != (Status{Messages: 1, UIDNext: 2, UIDValidity: 3, HighestModSeq: 4}) {
		t.Errorf("status %+v, %v", s, err)
	}
	_, err := c.Status(ctx, "a")
	wantBroken(t, c, err)
}

func TestMailboxNames(t *testing.T) {
	for name, wire := range map[string]string{
		"INBOX": "INBOX", "": "", "A&B": "A&-B", "Entwürfe": "Entw&APw-rfe", "日本語": "&ZeVnLIqe-", "~peter/mail/台北/日本語": "~peter/mail/&U,BTFw-/&ZeVnLIqe-",
		"😀": "&2D3eAA-", "a b\"\\": "a b\"\\",
	} {
		if got, err := EncodeMailbox(name); err != nil || got != wire {
			t.Errorf("EncodeMailbox(%q) = %q, %v", name, got, err)
		}
		if got := DecodeMailbox(wire); got != name {
			t.Errorf("DecodeMailbox(%q) = %q", wire, got)
		}
	}
	for _, wire := range []string{"&", "&A", "&AOQ", "&A-", "&AAA-", "&2D0-", "&AGE-", "&ZeVnLIqe--&", "R\xfc&-", "a&AOQ-&AOQ-", "&AAoADQ-", "&AOR-"} {
		if got := DecodeMailbox(wire); got != wire {
			t.Errorf("DecodeMailbox(%q) = %q", wire, got)
		}
	}
	for _, name := range []string{"a\nb", "a\x00", "a\x7f", "\xff"} {
		if _, err := EncodeMailbox(name); !errors.Is(err, ErrUnsafeString) {
			t.Errorf("EncodeMailbox(%q): error %v", name, err)
		}
	}
}

func TestErrorsAreHarmless(t *testing.T) {
	err := &StatusError{Type: "NO", Code: "X\x1b", Text: "a\x1b[31m\x00\u202e\xff" + strings.Repeat("y", 1000)}
	if s := err.Error(); strings.ContainsAny(s, "\x1b\x00\u202e") || strings.Contains(s, "\xff") || len(s) > 700 || !strings.Contains(s, `a\x1b[31m\x00\u202e\xffyy`) {
		t.Errorf("%q", s)
	}
}

// TestNamespaceWithList: both are asked for before either is answered, and a refusal of one leaves the connection usable.
func TestNamespaceWithList(t *testing.T) {
	for name, tc := range map[string]struct{ namespace, list, refused, namespaceRefused string }{
		"both":              {"A1 OK", "A2 OK", "", ""},
		"no LIST":           {"A1 OK", "A2 NO [LIMIT] no", "LIMIT", ""},
		"no NAMESPACE":      {"A1 NO [CANNOT] no", "A2 OK", "", "CANNOT"},
		"in another order":  {"A2 OK", "A1 OK", "", ""},
		"neither, reversed": {"A2 NO [LIMIT] no", "A1 NO [CANNOT] no", "LIMIT", "CANNOT"},
	} {
		t.Run(name, func(t *testing.T) {
			c := dial(t, Options{}, greeted+`C: A1 NAMESPACE
			C: A2 LIST "" "*"
			S: * LIST () "." INBOX.Trash
			S: * NAMESPACE (("INBOX." ".")) NIL NIL
			S: `+tc.namespace+`
			S: `+tc.list+`
			C: A3 NOOP
			S: A3 OK`)
			var ns Namespace
			boxes, err := c.List(ctx, "", "*", ListOptions{Namespace: &ns})
			if tc.refused != "" {
				wantStatus(t, err, "NO", tc.refused)
			} else if err != nil || len(boxes) != 1 || ns.Prefix != "INBOX." {
				t.Errorf("%v, namespace %+v, error %v", boxes, ns, err)
			}
			if tc.namespaceRefused != "" {
				wantStatus(t, ns.Refused, "NO", tc.namespaceRefused)
			} else if ns.Refused != nil {
				t.Errorf("refused: %v", ns.Refused)
			}
			check(t, c.Noop(ctx))
		})
	}
}
