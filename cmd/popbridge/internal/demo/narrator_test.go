package demo

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
)

// tellTrace plays a trace to a narrator whose clock stands still: lines such as
// "C: STAT" and "S: +OK" are POP3, "c: " and "s: " IMAP, others are named.
func tellTrace(t *testing.T, p page, trace string) string {
	t.Helper()
	var out bytes.Buffer
	p.w = &out
	n := newNarrator(p, func() time.Time { return time.Date(2026, 7, 1, 12, 4, 31, 0, time.UTC) })
	log := hclog.NewInterceptLogger(&hclog.LoggerOptions{Name: "popbridge", Level: hclog.Trace, Output: io.Discard})
	log.RegisterSink(n)
	session := log.With("session", "a1")
	pop3, imap := session.Named("pop3"), session.Named("imap")
	for _, line := range strings.Split(strings.TrimSpace(trace), "\n") {
		kind, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
		rest = strings.TrimPrefix(rest, " ")
		switch kind {
		case "C", "S":
			pop3.Trace("wire", "dir", kind, "line", rest)
		case "c", "s":
			imap.Trace("wire", "dir", strings.ToUpper(kind), "line", rest)
		case "body":
			pop3.Trace("body", "octets", map[string]int64{"5 MB": 4_999_940, "small": 1210}[rest])
		case "login":
			session.Info("login", "account", "alice@example.org", "device", rest, "messages", 41, "octets", int64(7_204_110))
		case "ended":
			session.Info("session ended", "result", rest, "retr", 1)
		case "refused":
			session.Warn("login refused", "error", rest)
		case "warn":
			session.Warn("upstream refused", "error", rest)
		default:
			t.Fatalf("no such kind of line: %q", line)
		}
	}
	return out.String()
}

const goodSession = `
	S: +OK popbridge ready
	C: USER alice@example.org
	S: +OK
	C: PASS <redacted>
	c: A1 AUTHENTICATE PLAIN <redacted>
	s: A1 OK [CAPABILITY IMAP4rev1 UIDPLUS] welcome
	c: A2 ID ("name" "popbridge")
	s: * ID NIL
	s: A2 OK
	c: A3 SELECT "INBOX" (CONDSTORE)
	s: * 41 EXISTS
	s: A3 OK
	login: 
	S: +OK 41 messages
	C: CAPA
	S: +OK
	body: small
	C: STAT
	S: +OK 41 7204110
	C: UIDL
	S: +OK
	body: small
	C: RETR 3
	c: A4 UID FETCH 1003 (UID BODY.PEEK[])
	S: +OK 4999940 octets
	s: A4 OK
	body: 5 MB
	C: RETR 1
	C: TOP 2 0
	c: A5 UID FETCH 1001 BODY.PEEK[]
	S: +OK
	body: small
	S: +OK
	body: small
	C: DELE 3
	S: +OK
	C: QUIT
	c: A6 UID STORE 1001:1003 +FLAGS.SILENT (\Seen)
	c: A7 UID MOVE 1003 "Trash"
	s: A6 OK
	s: * OK [COPYUID 1 1003 1001] moved
	s: A7 OK
	S: +OK bye
	ended: quit
`

func TestNarratorTellsASessionInColumns(t *testing.T) {
	got := tellTrace(t, page{utf8: true}, goodSession)
	const want = `
12:04:31  a1   device logs in as alice@example.org
                 ⇒ IMAP AUTHENTICATE PLAIN · SELECT INBOX · 41 messages, 7.2 MB
12:04:31  a1   CAPA     asks what the server can do
12:04:31  a1   STAT     41 messages, 7.2 MB
12:04:31  a1   UIDL     asks for all unique-ids
12:04:31  a1   RETR 3   message 3, 5.0 MB sent      ⇒ UID FETCH 1003 BODY.PEEK[]
12:04:31  a1   RETR 1   message 1, 1.2 KB sent      ⇒ UID FETCH 1001 BODY.PEEK[]
12:04:31  a1   TOP 2 0  top of message 2, 1.2 KB sent
12:04:31  a1   DELE 3   marked; nothing happens before QUIT
12:04:31  a1   QUIT     1 message to Trash
                 ⇒ UID STORE 1001:1003 +FLAGS.SILENT (\Seen)
                   UID MOVE 1003 Trash
`
	compare(t, got, want)
}

func TestNarratorNamesWhatFails(t *testing.T) {
	got := tellTrace(t, page{}, `
		C: APOP alice hunter2hash
		S: -ERR [AUTH] wrong name or password
		C: hunter2 hunter2
		S: -ERR unknown command
		C: AUTH PLAIN
		S: + 
		C: hunter2hunter2
		c: A1 LOGIN alice hunter2
		login: scanner
		S: +OK
		C: RETR 99
		S: -ERR no such message
		C: RETR 2
		c: A2 UID FETCH 1002 (UID BODY.PEEK[])
		S: +OK
		s: * BYE shutting down for ☕
		warn: connection lost
		ended: upstream failed
	`)
	compare(t, got, `
12:04:31  a1   login refused: wrong name or password
12:04:31  a1   a command that POP3 does not know: unknown command
12:04:31  a1   device logs in as alice@example.org (scanner)
                 => IMAP LOGIN; 41 messages, 7.2 MB
12:04:31  a1   RETR 99  refused: no such message
12:04:31  a1   upstream refused: connection lost
12:04:31  a1   RETR 2   message 2 broken off
                 => UID FETCH 1002 BODY.PEEK[] (BYE shutting down for ?)
12:04:31  a1   gone without QUIT (upstream failed)
`)
	if strings.Contains(got, "hunter2") {
		t.Error("a password was printed")
	}
}

func TestNarratorTellsAFailedQuit(t *testing.T) {
	got := tellTrace(t, page{utf8: true}, `
		login: 
		C: DELE 1
		S: +OK
		C: DELE 2
		S: +OK
		C: QUIT
		c: A6 UID MOVE 1001:1002 Trash
		s: A6 NO [OVERQUOTA] mailbox full
		S: -ERR [SYS/TEMP] some deleted messages not removed
		ended: failed
	`)
	compare(t, got, `
12:04:31  a1   device logs in as alice@example.org
                 ⇒ the IMAP connection of an earlier login is used again
                   41 messages, 7.2 MB
12:04:31  a1   DELE 1   marked; nothing happens before QUIT
12:04:31  a1   DELE 2   marked; nothing happens before QUIT
12:04:31  a1   QUIT     refused: some deleted messages not removed
                 ⇒ UID MOVE 1001:1002 Trash (NO [OVERQUOTA] mailbox full)
`)
}

// A refused login is one sentence, in 80 columns, although the log speaks of it too.
func TestNarratorTellsARefusedLoginOnce(t *testing.T) {
	got := tellTrace(t, page{utf8: true}, `
		C: USER alice@example.org
		S: +OK
		C: PASS <redacted>
		c: A1 AUTHENTICATE PLAIN <redacted>
		s: A1 NO [AUTHENTICATIONFAILED] the name or the password is not the right one, try once more
		refused: imap: server said NO [AUTHENTICATIONFAILED]
		S: -ERR [AUTH] authentication failed
		ended: refused
	`)
	compare(t, got, `
12:04:31  a1   login refused: authentication failed
                 ⇒ IMAP AUTHENTICATE PLAIN (NO [AUTHENTICATIONFAILED] the name
                     or the password is not the right one, try once more)
`)
}

func TestFolded(t *testing.T) {
	for text, want := range map[string]string{
		"":                         "",
		"one two":                  "one two",
		"one two three":            "one two|  three",
		"one two  three four":      "one two|  three|  four",
		"one twothreefourfive six": "one|  twothree|  fourfive|  six",
		"überüberüberüber":         "überüberüb|  erüber",
	} {
		if got := strings.Join(folded(text, 10), "|"); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestNarratorForgetsMarksWithoutQUIT(t *testing.T) {
	got := tellTrace(t, page{utf8: true}, "login: \nC: DELE 1\nS: +OK\nC: STAT\nended: connection lost")
	if !strings.Contains(got, "gone without QUIT: 1 mark forgotten (connection lost)") {
		t.Errorf("got:\n%s", got)
	}
}

func TestNarratorSaysHowQUITDeleted(t *testing.T) {
	for _, tc := range []struct{ sent, want string }{
		{"", "1 message hidden from this device"},
		{`c: A1 UID STORE 1001 +FLAGS.SILENT (\Seen)`, "1 message hidden from this device"},
		{`c: A1 UID STORE 1001 +FLAGS.SILENT ($POP3Deleted)`, "1 message marked deleted"},
		{"c: A1 UID STORE 1001 +FLAGS.SILENT (\\Deleted)\nc: A2 UID EXPUNGE 1001", "1 message gone for good"},
		{"c: A1 UID COPY 1001 Archive\nc: A2 UID STORE 1001 +FLAGS.SILENT (\\Deleted)\nc: A3 UID EXPUNGE 1001", "1 message to Archive"},
	} {
		trace := "login: \nC: DELE 1\nS: +OK\nC: QUIT\n" + tc.sent + "\nS: +OK bye"
		if got := tellTrace(t, page{}, strings.ReplaceAll(trace, "\n\n", "\n")); !strings.Contains(got, tc.want) {
			t.Errorf("after %q want %q, got:\n%s", tc.sent, tc.want, got)
		}
	}
}

func TestNarratorKeepsTheTerminalSafe(t *testing.T) {
	got := tellTrace(t, page{utf8: true}, "C: STAT\nS: +OK \x1b[2J\xff\x07 gone")
	if strings.ContainsAny(got, "\x1b\x07") || strings.Contains(got, "\xff") || !strings.Contains(got, "?[2J?? gone") {
		t.Errorf("got %q", got)
	}
}

func TestNarratorColoursOnlyWhenAsked(t *testing.T) {
	coloured := tellTrace(t, page{utf8: true, color: true}, goodSession)
	bare := coloured
	for _, code := range []string{dim, cyan, red, plain} {
		bare = strings.ReplaceAll(bare, code, "")
	}
	if bare == coloured || bare != tellTrace(t, page{utf8: true}, goodSession) {
		t.Errorf("got:\n%q", coloured)
	}
}

func TestNarratorPassesOverWhatItDoesNotKnow(t *testing.T) {
	n := NewNarrator(io.Discard, false)
	n.Accept("", hclog.Trace, "wire")
	n.Accept("x.pop3", hclog.Trace, "wire", "session")
	n.Accept("x.pop3", hclog.Trace, "wire", "session", "b", "dir", "S", "line", "+OK to nothing")
	n.Accept("x.imap", hclog.Trace, "wire", "session", "c", "dir", "C", "line", "A1 NOOP")
	n.Accept("x.pop3", hclog.Trace, "body", "session", "b", "octets", "many")
	n.Accept("x.pop3", hclog.Trace, "wire", 1, 2, "session", "b", "dir", "C", "line", "")
	n.Accept("x", hclog.Info, "reloaded", "file", "x.hcl")
}

func TestLocaleDecidesTheAlphabet(t *testing.T) {
	for _, tc := range []struct {
		env  map[string]string
		want bool
	}{
		{nil, false},
		{map[string]string{"LANG": "de_DE.UTF-8"}, true},
		{map[string]string{"LANG": "C.utf8"}, true},
		{map[string]string{"LANG": "de_DE.UTF-8", "LC_ALL": "C"}, false},
	} {
		if got := localeIsUTF8(func(name string) string { return tc.env[name] }); got != tc.want {
			t.Errorf("%v: %v", tc.env, got)
		}
	}
}

func compare(t *testing.T, got, want string) {
	t.Helper()
	if want = strings.TrimPrefix(want, "\n"); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestNarratorTellsOfSentMail(t *testing.T) {
	var out strings.Builder
	n := newNarrator(page{w: &out, utf8: true}, func() time.Time { return time.Unix(0, 0).UTC() })
	n.Accept("popbridge", hclog.Info, "login", "session", "7", "listener", "submission", "account", "alice@example.org")
	n.Accept("popbridge", hclog.Info, "a message was sent", "session", "7", "message_id", "<x@y>", "octets", 219)
	n.Accept("popbridge", hclog.Debug, "a copy of a sent message is filed", "session", "7", "message_id", "<x@y>")
	want := `00:00:00  7    device logs in as alice@example.org to send
00:00:00  7    DATA     219 octets sent, and a copy kept
                 ⇒ SMTP to mail.example · IMAP APPEND Sent
`
	if out.String() != want {
		t.Errorf("told is\n%swant\n%s", &out, want)
	}
}
