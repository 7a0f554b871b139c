package demo

import (
	"io"
	"net"
	"strings"
	"testing"
)

func TestMoveExpungesEachMessageOnceOnBothConnections(t *testing.T) {
	s, addr := start(t, 6)
	validity := s.accounts["alice@example.org"].mailboxes["Trash"].validity
	one, two := open(t, addr), open(t, addr)
	one.expect("UID MOVE 1002,1004:1005 Trash",
		"* OK [COPYUID "+decimal(validity)+" 1002,1004:1005 1001:1003] COPY completed",
		"* 5 EXPUNGE", "* 4 EXPUNGE", "* 2 EXPUNGE", "OK UID MOVE completed")
	one.expect("NOOP", "OK NOOP completed")
	two.expect("NOOP", "* 5 EXPUNGE", "* 4 EXPUNGE", "* 2 EXPUNGE", "OK NOOP completed")
	two.expect("NOOP", "OK NOOP completed")
	two.expect("UID SEARCH ALL", "* SEARCH 1001 1003 1006", "OK UID SEARCH completed")
	one.expect("STATUS Trash (MESSAGES UIDNEXT)", "* STATUS \"Trash\" (MESSAGES 3 UIDNEXT 1004)", "OK STATUS completed")
}

func TestMissingUIDsHurtNeitherMoveNorCopy(t *testing.T) {
	_, addr := start(t, 3)
	w := open(t, addr)
	w.expect("UID MOVE 7,4000:5000 Trash", "OK UID MOVE completed")
	w.expect("UID COPY 7 Trash", "OK COPY completed")
	w.expect("UID STORE 7 +FLAGS.SILENT (\\Deleted)", "OK UID STORE completed")
	w.expect("UID EXPUNGE 7", "OK UID EXPUNGE completed")
	w.expect("UID FETCH 7 FLAGS", "OK UID FETCH completed")
	w.expect("UID MOVE 1001 Nowhere", "NO [TRYCREATE] no such mailbox")
	w.expect("MOVE 4 Trash", "BAD [CLIENTBUG] no such message number")
	w.expect("UID SEARCH ALL", "* SEARCH 1001 1002 1003", "OK UID SEARCH completed")
}

func TestCopyKeepsOctetsFlagsAndDate(t *testing.T) {
	_, addr := start(t, 3)
	w := open(t, addr)
	w.ok("UID STORE 1002 FLAGS (\\Flagged $Work)")
	w.ok("UID COPY 1002 Archive")
	before := w.ok("FETCH 2 (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])")
	w.ok("SELECT Archive")
	after := w.ok("FETCH 1 (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])")
	want := strings.Replace(strings.Join(before, "\n"), "* 2 FETCH (UID 1002", "* 1 FETCH (UID 1001", 1)
	if got := strings.Join(after, "\n"); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestUIDExpungeRemovesOnlyTheGivenOnes(t *testing.T) {
	_, addr := start(t, 5)
	one, two := open(t, addr), open(t, addr)
	one.ok("STORE 1:3 +FLAGS.SILENT (\\Deleted)")
	one.expect("UID EXPUNGE 1002:1005", "* 3 EXPUNGE", "* 2 EXPUNGE", "OK UID EXPUNGE completed")
	two.expect("NOOP", "* 3 EXPUNGE", "* 2 EXPUNGE", "* 1 FETCH (UID 1001 FLAGS (\\Deleted))", "OK NOOP completed")
	two.expect("UID SEARCH RETURN (ALL COUNT) DELETED", `* ESEARCH (TAG "t") UID ALL 1001 COUNT 1`, "OK UID SEARCH completed")
	two.expect("EXPUNGE", "* 1 EXPUNGE", "OK EXPUNGE completed")
	one.expect("NOOP", "* 1 EXPUNGE", "OK NOOP completed")
}

func TestMessageNumbersStayUntilTheClientIsTold(t *testing.T) {
	_, addr := start(t, 4)
	one, two := open(t, addr), open(t, addr)
	one.ok("UID MOVE 1001 Trash")
	two.expect("FETCH 2:3 UID", "* 2 FETCH (UID 1002)", "* 3 FETCH (UID 1003)", "OK FETCH completed")
	two.expect("FETCH 1 UID", "OK FETCH completed")
	two.expect("SEARCH ALL", "* SEARCH 2 3 4", "OK SEARCH completed")
	one.ok("APPEND INBOX {2+}\r\nhi")
	two.expect("STORE 4 +FLAGS.SILENT (\\Seen)", "* 5 EXISTS", "OK STORE completed")
	two.expect("NOOP", "* 1 EXPUNGE", "OK NOOP completed")
	two.expect("FETCH 3:4 (UID FLAGS)", "* 3 FETCH (UID 1004 FLAGS (\\Seen))", "* 4 FETCH (UID 1005 FLAGS ())", "OK FETCH completed")
}

func TestStoreTellsTheOthersAndNotTheSilent(t *testing.T) {
	_, addr := start(t, 2)
	one, two := open(t, addr), open(t, addr)
	one.expect("UID STORE 1001 +FLAGS.SILENT (\\Seen $POP3Deleted)", "OK UID STORE completed")
	one.expect("UID STORE 1002 +FLAGS (\\Flagged)", "* 2 FETCH (UID 1002 FLAGS (\\Flagged))", "OK UID STORE completed")
	two.expect("NOOP", "* 1 FETCH (UID 1001 FLAGS (\\Seen $POP3Deleted))", "* 2 FETCH (UID 1002 FLAGS (\\Flagged))", "OK NOOP completed")
	one.ok("UID STORE 1002 FLAGS ()")
	two.expect("FETCH 2 FLAGS", "* 2 FETCH (FLAGS ())", "OK FETCH completed")
	two.expect("UID STORE 1001 -FLAGS.SILENT ($pop3deleted)", "OK UID STORE completed")
	one.expect("UID SEARCH OR DELETED KEYWORD $POP3Deleted", "* SEARCH", "* 1 FETCH (UID 1001 FLAGS (\\Seen))", "OK UID SEARCH completed")
}

func TestIdleHearsOfOtherConnections(t *testing.T) {
	_, addr := start(t, 2)
	one, two := open(t, addr), open(t, addr)
	two.send("i IDLE\r\n")
	two.line() // "+ idling"
	one.ok("APPEND INBOX (\\Flagged) {12+}\r\nSubject: x\r\n")
	if got := two.line(); got != "* 3 EXISTS" {
		t.Errorf("got %q", got)
	}
	one.ok("UID MOVE 1001 Trash")
	if got := two.line(); got != "* 1 EXPUNGE" {
		t.Errorf("got %q", got)
	}
	one.ok("UID STORE 1002 +FLAGS.SILENT (\\Seen)")
	if got := two.line(); got != "* 1 FETCH (UID 1002 FLAGS (\\Seen))" {
		t.Errorf("got %q", got)
	}
	two.send("DONE\r\n")
	if got := two.line(); got != "i OK IDLE completed" {
		t.Errorf("got %q", got)
	}
}

func TestClientThatStallsInALiteralStopsNobody(t *testing.T) {
	_, addr := start(t, 3)
	reader := open(t, addr)
	if err := reader.Conn.(*net.TCPConn).SetReadBuffer(8 << 10); err != nil {
		t.Fatal(err)
	}
	reader.send("r UID FETCH 1003 BODY[]\r\n")
	reader.line() // "* 3 FETCH (… {5000000}"; of the octets none is read
	writer := open(t, addr)
	writer.send("w APPEND INBOX {100+}\r\nSubject: stal")

	other := open(t, addr)
	other.expect("UID MOVE 1001 Trash", other.movedTo(1001), "* 1 EXPUNGE", "OK UID MOVE completed")
	other.ok("UID FETCH 1003 (BODY.PEEK[HEADER] FLAGS)")
	other.expect("STATUS INBOX (MESSAGES)", "* STATUS INBOX (MESSAGES 2)", "OK STATUS completed")

	// What a client began to append before it hung up is not there.
	if err := writer.Conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, writer.r) // until the server has closed it too
	other.expect("STATUS INBOX (MESSAGES)", "* STATUS INBOX (MESSAGES 2)", "OK STATUS completed")
}

// movedTo is the COPYUID of one message that is Trash's first.
func (w *wire) movedTo(uid uint32) string {
	w.t.Helper()
	untagged := w.ok("STATUS Trash (UIDVALIDITY)")
	validity := strings.TrimSuffix(strings.TrimPrefix(untagged[0], `* STATUS "Trash" (UIDVALIDITY `), ")")
	return "* OK [COPYUID " + validity + " " + decimal(uid) + " 1001] COPY completed"
}
