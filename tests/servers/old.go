package servers

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Old is a POP3 server of the kind that mailboxes are migrated away from, with a
// way to put mail into its store as its delivery would.
type Old struct {
	*Server
	// Deliver adds messages, with CRLF line ends, to the end of a user's INBOX.
	// No session of the user may be open. Of a message that does not end a line
	// the stores of Cyrus and popa3d make one that does.
	Deliver func(t testing.TB, login string, messages [][]byte)
}

// OldKinds are the kinds of StartOld: courier with the unique-ids of its size
// list, dovecot with Maildir file names, cyrus with UIDVALIDITY and UID, popa3d
// with hashes of headers over mbox files.
func OldKinds() []string { return []string{"courier", "dovecot", "cyrus", "popa3d"} }

// StartOld starts a server of one of OldKinds; nil users means Users(). All have
// POP3, those but popa3d IMAP besides, for tools that copy mail.
func StartOld(t testing.TB, kind string, users map[string]string) *Old {
	t.Helper()
	switch kind {
	case "courier":
		return InMaildirs(StartCourier(t, Courier{Users: users}))
	case "dovecot":
		return InMaildirs(StartDovecot(t, Dovecot{Users: users, POP3UIDLFormat: "%f", NoSpecialUse: true}))
	case "cyrus":
		return appended(StartCyrus(t, Cyrus{Users: users, NoSpecialUse: true, Settings: map[string]string{"munge8bit": "no"}}), users)
	case "popa3d":
		return StartPopa3d(t, users)
	}
	t.Fatalf("there is no old server %q", kind)
	return nil
}

// InMaildirs delivers into the Maildirs of a Courier or a Dovecot, as qmail and both
// of them do: a file with LF line ends, named after the time, the delivering process
// and the host.
func InMaildirs(s *Server) *Old {
	second := 1700000000
	return &Old{
		Server: s,
		Deliver: func(t testing.TB, login string, messages [][]byte) {
			t.Helper()
			dir := s.MailFolder(login)
			for _, sub := range []string{"cur", "new", "tmp"} {
				if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			for _, raw := range messages {
				second++
				name := fmt.Sprintf("%d.M%dP%d.old.example.org", second, second%1000000, 1000+second%7)
				write(t, filepath.Join(dir, "new", name), string(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n"))), 0o600)
			}
			mail, _, _ := dovecotUsers(t)
			own(t, filepath.Dir(dir), mail)
		},
	}
}

// appended delivers over IMAP, since the store is the server's own.
func appended(s *Server, users map[string]string) *Old {
	if users == nil {
		users = Users()
	}
	return &Old{
		Server: s,
		Deliver: func(t testing.TB, login string, messages [][]byte) {
			t.Helper()
			ended := make([][]byte, len(messages))
			for i, raw := range messages {
				ended[i] = append(bytes.TrimSuffix(bytes.Clone(raw), []byte("\r\n")), "\r\n"...)
			}
			w := Dial(t, s.IMAP, login, users[login])
			w.Fill("INBOX", ended)
			w.Logout()
		},
	}
}

// Letters are n messages, at least 20, such as years of use leave behind, with
// CRLF line ends: twins, neighbours of one size, 8-bit header fields, folded and
// repeated fields, a line in the header that is none, lines that begin with dots,
// empty bodies, messages without a Message-ID, and one in twenty without a final
// line end. The same n gives the same messages.
func Letters(n int) [][]byte {
	list := make([][]byte, 0, n)
	for i := range n {
		if i%10 == 9 {
			list = append(list, list[i-1]) // delivered twice
			continue
		}
		list = append(list, letter(i))
	}
	return list
}

func letter(i int) []byte {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\r\n", args...) }
	line("Received: from relay.example.net (relay.example.net [192.0.2.%d])", 1+i%200)
	line("\tby old.example.org with ESMTP id %06d", i)
	line("From: sender %d <sender@example.net>", i)
	line("To: alice@example.org")
	switch i % 4 {
	case 1:
		line("Subject: Gr\xfc\xdfe aus K\xf6ln %d", i)
	case 2:
		line("Subject: Gr\u00fc\u00dfe aus K\u00f6ln %d", i)
	case 3:
		line("Subject: a long one,\r\n folded\r\n\tover three lines %d", i)
	default:
		line("Subject: letter %d  ", i)
	}
	if i%7 != 3 {
		line("Message-ID: <letter-%d@example.net>", i)
	}
	line("Date: Thu, %d Jan 2026 %02d:%02d:00 +0000", 1+i%28, i%24, i%60)
	line("")
	if i%13 != 5 {
		// The same octets for three in a row, so that sizes alone tell little.
		line("%s", strings.Repeat("x", 20+i/3*3%61))
		line(".")
		line("..and a line that begins with dots")
	}
	if i%20 == 7 {
		b.WriteString("and no end of line")
	}
	return []byte(b.String())
}
