package demo

import (
	"bytes"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
)

func TestSelectSaysWhatAPolicyNeedsToKnow(t *testing.T) {
	_, addr := start(t, 2)
	w := dial(t, addr)
	w.ok(`LOGIN alice@example.org "wonder land"`)
	w.ok("CAPABILITY")
	validity := uint32(demoNow().Unix())
	w.expect("SELECT inbox",
		"* 2 EXISTS", "* 0 RECENT", "* OK [UNSEEN 1] First unseen message",
		"* OK [UIDVALIDITY "+decimal(validity)+"] UIDs valid", "* OK [UIDNEXT 1003] Predicted next UID",
		`* FLAGS (\Answered \Flagged \Deleted \Seen \Draft)`,
		`* OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft \*)] Permanent flags`,
		"OK [READ-WRITE] SELECT completed")
}

func TestCapabilitiesAreOffered(t *testing.T) {
	_, addr := start(t, 1)
	w := open(t, addr)
	offered := strings.Fields(w.ok("CAPABILITY")[0])
	for _, c := range []string{"IMAP4rev1", "UIDPLUS", "MOVE", "SPECIAL-USE", "NAMESPACE", "ESEARCH", "LITERAL+", "SASL-IR", "IDLE", "UNSELECT", "CHILDREN", "ID"} {
		if !slices.Contains(offered, c) {
			t.Errorf("%s is not among %v", c, offered)
		}
	}
}

func TestListNamesTheSpecialUses(t *testing.T) {
	_, addr := start(t, 1)
	w := open(t, addr)
	all := []string{
		`* LIST (\HasNoChildren) "/" INBOX`,
		`* LIST (\HasChildren \Archive) "/" "Archive"`,
		`* LIST (\HasNoChildren) "/" "Archive/Auftr&AOQ-ge"`,
		`* LIST (\HasNoChildren \Drafts) "/" "Drafts"`,
		`* LIST (\HasNoChildren \Junk) "/" "Junk"`,
		`* LIST (\HasNoChildren \Sent) "/" "Sent"`,
		`* LIST (\HasNoChildren \Trash) "/" "Trash"`,
		"OK LIST completed",
	}
	w.expect(`LIST "" *`, all...)
	w.expect(`LIST "" * RETURN (SPECIAL-USE)`, all...)
	w.expect(`LIST (SPECIAL-USE) "" "T%"`, all[6], all[7])
	w.expect(`LIST "" ""`, `* LIST (\Noselect) "/" ""`, "OK LIST completed")
	w.expect("NAMESPACE", `* NAMESPACE (("" "/")) NIL NIL`, "OK NAMESPACE completed")
}

func TestMailboxesAreMadeRenamedAndDeleted(t *testing.T) {
	_, addr := start(t, 2)
	w := open(t, addr)
	w.ok("CREATE EDI/Orders/New")
	w.expect("CREATE EDI", "NO [ALREADYEXISTS] mailbox exists")
	w.expect("CREATE EDI//x", "NO [CANNOT] a mailbox name has no empty part")
	w.expect("DELETE EDI/Orders", "NO [HASCHILDREN] mailbox has mailboxes below it")
	w.ok("RENAME EDI Ablage")
	w.expect(`LIST "" "Ablage/*"`, `* LIST (\HasChildren) "/" "Ablage/Orders"`, `* LIST (\HasNoChildren) "/" "Ablage/Orders/New"`, "OK LIST completed")
	w.expect("SELECT EDI", "* OK [CLOSED] Previous mailbox is now closed", "NO [NONEXISTENT] no such mailbox")
	w.ok("CREATE Paper (USE (\\Flagged))")
	before := w.ok("STATUS Paper (UIDVALIDITY)")
	w.ok("DELETE Paper")
	w.ok("CREATE Paper")
	if after := w.ok("STATUS Paper (UIDVALIDITY)"); after[0] == before[0] {
		t.Errorf("UIDVALIDITY is the same after DELETE and CREATE: %s", after)
	}
	w.expect("DELETE INBOX", "NO [CANNOT] INBOX cannot be deleted")
	w.ok("RENAME INBOX Old")
	w.expect("STATUS INBOX (MESSAGES)", "* STATUS INBOX (MESSAGES 0)", "OK STATUS completed")
	w.expect("STATUS Old (MESSAGES)", `* STATUS "Old" (MESSAGES 2)`, "OK STATUS completed")
}

func TestDeletedMailboxLooksEmptyToThoseInIt(t *testing.T) {
	_, addr := start(t, 1)
	one, two := open(t, addr), open(t, addr)
	one.ok("COPY 1 Junk")
	two.ok("SELECT Junk")
	one.ok("DELETE Junk")
	two.expect("NOOP", "* 1 EXPUNGE", "OK NOOP completed")
	two.ok("UID SEARCH ALL")
}

func TestExamineChangesNothing(t *testing.T) {
	_, addr := start(t, 2)
	w := open(t, addr)
	w.ok("STORE 1 +FLAGS.SILENT (\\Deleted)")
	w.ok("EXAMINE INBOX")
	w.expect("EXPUNGE", "NO mailbox was opened read-only")
	w.expect("STORE 1 FLAGS (\\Seen)", "NO mailbox was opened read-only")
	w.expect("MOVE 1 Trash", "NO mailbox was opened read-only")
	w.ok("FETCH 2 BODY[TEXT]")
	w.expect("FETCH 1:* FLAGS", "* 1 FETCH (FLAGS (\\Deleted))", "* 2 FETCH (FLAGS ())", "OK FETCH completed")
	w.ok("CLOSE")
	w.ok("SELECT INBOX")
	w.ok("UNSELECT")
	w.expect("STATUS INBOX (MESSAGES DELETED)", "* STATUS INBOX (MESSAGES 2 DELETED 1)", "OK STATUS completed")
	w.ok("SELECT INBOX")
	w.expect("CLOSE", "OK CLOSE completed")
	w.expect("STATUS INBOX (MESSAGES)", "* STATUS INBOX (MESSAGES 1)", "OK STATUS completed")
}

func TestFetchWithoutPeekMarksSeen(t *testing.T) {
	_, addr := start(t, 2)
	one, two := open(t, addr), open(t, addr)
	one.expect("UID FETCH 1001 BODY[]<0.4>", "* 1 FETCH (UID 1001 FLAGS (\\Seen) BODY[]<0> {4}", "Rece)", "OK UID FETCH completed")
	two.expect("NOOP", "* 1 FETCH (UID 1001 FLAGS (\\Seen))", "OK NOOP completed")
}

func TestAppendKeepsWhateverItIsGiven(t *testing.T) {
	_, addr := start(t, 1)
	w := open(t, addr)
	c := witness(t, addr, "Drafts", nil)
	for i, octets := range []string{
		"", "\r\n", "no header at all", "A: b\nbare\nline ends\n", "\x80\xff: \x01\r\n\r\n\r\n.\r\n", "A: b\r\n\r\nno end",
		"Content-Type: multipart/mixed; boundary=x\r\n\r\nno part", "Content-Type: ;;;\r\n\r\nx",
		"Content-Type: message/rfc822\r\n\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n--y--",
	} {
		w.ok(fmt.Sprintf("APPEND Drafts (\\Seen) \" 1-Feb-2026 10:00:00 +0100\" {%d+}\r\n%s", len(octets), octets))
		if err := c.Noop().Wait(); err != nil {
			t.Fatal(err)
		}
		uid := firstUID + imap.UID(i)
		if got := fetchOne(t, c, uid, imap.FetchItemBodySection{}); !bytes.Equal(got, []byte(octets)) {
			t.Errorf("%q came back as %q", octets, got)
		}
		got := fetchOne(t, c, uid, imap.FetchItemBodySection{Specifier: imap.PartSpecifierHeader})
		got = append(got, fetchOne(t, c, uid, imap.FetchItemBodySection{Specifier: imap.PartSpecifierText})...)
		if string(got) != octets {
			t.Errorf("%q came back in two pieces as %q", octets, got)
		}
		// These must answer, whatever they find.
		w.ok("SELECT Drafts")
		w.ok(fmt.Sprintf("UID FETCH %d (ENVELOPE BODYSTRUCTURE BODY RFC822.SIZE)", uid))
	}
	w.expect("APPEND Nowhere {1+}\r\nx", "NO [TRYCREATE] no such mailbox")
}

func TestAccountsAreApart(t *testing.T) {
	s, addr := start(t, 3)
	s.AddUser("bob@example.org", "builder")
	w := dial(t, addr)
	w.expect("LOGIN bob@example.org wrong", "NO [AUTHENTICATIONFAILED] Authentication failed")
	w.expect("LOGIN nobody builder", "NO [AUTHENTICATIONFAILED] Authentication failed")
	w.ok("LOGIN bob@example.org builder")
	w.expect("STATUS INBOX (MESSAGES UIDNEXT)", "* STATUS INBOX (MESSAGES 0 UIDNEXT 1001)", "OK STATUS completed")
	w.ok("SELECT INBOX")
	w.expect("UID FETCH 1:* FLAGS", "OK UID FETCH completed")
	s.AddUser("alice@example.org", "new password")
	w = dial(t, addr)
	w.expect(`LOGIN alice@example.org "wonder land"`, "NO [AUTHENTICATIONFAILED] Authentication failed")
	w.ok(`LOGIN alice@example.org "new password"`)
	w.expect("STATUS INBOX (MESSAGES)", "* STATUS INBOX (MESSAGES 3)", "OK STATUS completed")
}

func TestCloseEndsListenersAndConnections(t *testing.T) {
	s, addr := start(t, 1)
	idle := open(t, addr)
	idle.send("i IDLE\r\n")
	idle.line()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := idle.r.ReadString('\n'); err == nil {
		t.Error("the connection is still open")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Serve(l); err != nil {
		t.Errorf("Serve after Close: %v", err)
	}
	if _, err := l.Accept(); err == nil {
		t.Error("Serve after Close left the listener open")
	}
}
