package mailstore_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"popbridge/proxy/migration/mailstore"
	"popbridge/translate"
)

// letter is a message with a Message-ID of its own number.
func letter(n int) string { return fmt.Sprintf("Message-ID: <%d@example.org>\n\nhello\n", n) }

// store makes files of pairs of path and text; each is a minute older than the next.
func store(pairs ...string) fstest.MapFS {
	files := fstest.MapFS{"cur": {Mode: fs.ModeDir | 0o700}, "new": {Mode: fs.ModeDir | 0o700}}
	for i := 0; i < len(pairs); i += 2 {
		files[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1]), ModTime: time.Unix(int64(1e9+60*i), 0)}
	}
	return files
}

// text is what matters of messages: unique-id, octets, and which letter it is.
func text(list []mailstore.Message) string {
	var words []string
	for _, m := range list {
		which := "?"
		for n := range 10 {
			if m.Print.Header == translate.PrintHeader([]byte(letter(n))).Header {
				which = fmt.Sprint(n)
			}
		}
		if m.Print.Body != (translate.ContentKey{}) {
			which += "+body"
		}
		words = append(words, fmt.Sprintf("%s %d %s", m.UniqueID, m.Octets, which))
	}
	return strings.Join(words, "\n")
}

func check(t *testing.T, what string, list []mailstore.Message, err error, want string) {
	t.Helper()
	got := text(list)
	if err != nil {
		got = "error: " + err.Error()
	}
	if want = strings.TrimSpace(want); got != want {
		t.Errorf("%s:\n%s\nwant:\n%s", what, got, want)
	}
}

func TestMaildir(t *testing.T) {
	list, err := mailstore.Maildir(store("cur/2.b:2,S", letter(1), "new/9.c", letter(2), "cur/1.a:2,", letter(3), "cur/.lock", "", "new/3.d", letter(3)))
	check(t, "in order of time, twins with their bodies", list, err, "2.b 35 1\n9.c 35 2\n1.a 35 3+body\n3.d 35 3+body")
	list, err = mailstore.Maildir(fstest.MapFS{"Mailbox": {}})
	check(t, "no Maildir", list, err, `error: it is not a Maildir: there is no folder cur; found instead: "Mailbox"`)
}

func TestCourier(t *testing.T) {
	mail := []string{"cur/20.b.host:2,S", letter(1), "cur/9.a.host:2,", letter(2), "cur/20.a.host:2,", letter(3), "new/30.new.host", letter(4), "cur/20.+c'.host", letter(5)}
	for _, test := range []struct{ what, list, want string }{
		{"version 3", "/3 18 1136214245\n20.b.host:2,S 100 17:1136214245:0\n9.a.host 90 16:1136214245:1\n30.gone.host 1 9:1136214245:0\n", "UID16-1136214245 90 2\nUID17-1136214245 100 1"},
		{"version 2, with unique-ids of older versions", "/2 18 1136214245\n20.b.host 100 0017:1136214245\n9.a.host 90 16:0\n20.+c'.host 80 0:0\n20.a.host:2,T 70 18:1136214245\n",
			"UID16 90 2\n20.+2Bc+27.host 80 5\nUID18-1136214245 70 3\nUID17-1136214245 100 1"},
		{"version 1", "/1 18\n9.a.host 90 16\n20.b.host 100 17\n", "UID16 90 2\nUID17 100 1"},
		{"the oldest", "9.a.host 90\n20.b.host:2, 100\n", "9.a.host 90 2\n20.b.host 100 1"},
		{"a later version", "/4 18 1136214245\n", `error: courierpop3dsizelist: line 1: version "4" is not known; 1, 2 and 3 are`},
		{"a line cut", "/3 18 1136214245\n9.a.host 90 16:1136214245:0\n20.b.host\n", "error: courierpop3dsizelist: line 3: it has no number of the message"},
		{"a line cut later", "/3 18 1136214245\n20.b.host 100\n", "error: courierpop3dsizelist: line 2: it is not a file's name and its octets"},
		{"no number", "/3 18 1136214245\n20.b.host 100 x:1\n", `error: courierpop3dsizelist: line 2: "x:1" is not the number of a message`},
		{"no octets", "/3 18 1136214245\n20.b.host x 17:1\n", `error: courierpop3dsizelist: line 2: "x" is not a number of octets`},
		{"empty", "", ""},
	} {
		list, err := mailstore.Courier(store(append(mail, "courierpop3dsizelist", test.list)...))
		check(t, test.what, list, err, test.want)
	}
	list, err := mailstore.Courier(store(mail...))
	check(t, "nobody has ever asked", list, err, "error: there is no courierpop3dsizelist; found instead: a Maildir whose messages no POP3 session at Courier has ever listed")
}

func TestDovecot(t *testing.T) {
	const head = "3 V1136214245 N19 Gabc\n"
	mail := []string{"cur/1.a,S=33,W=36:2,S", letter(1), "cur/2.b:2,", letter(2), "new/3.c", letter(3) + "no end"}
	for _, test := range []struct{ what, list, format, want string }{
		{"UIDs", head + "5 :1.a,S=33,W=36:2,\n7 W44 :2.b\n8 :gone\n", "dovecot", "0000000543b940e5 36 1\n0000000743b940e5 44 2"},
		{"file names", head + "5 :1.a,S=33,W=36\n9 G17 :3.c:2,\n", mailstore.FileNames, "1.a,S=33,W=36 36 1\n3.c 46 3"},
		{"kept unique-ids and order", head + "5 Pold.5 O2 :1.a,S=33,W=36\n6 :3.c\n7 Pold.7 O1 :2.b\n", "cyrus", "old.7 38 2\nold.5 36 1\n1136214245.6 46 3"},
		{"version 1", "1 1136214245 19\n5 :1.a\n", "dovecot", `error: dovecot-uidlist: line 1: version "1" is not known; 3 is`},
		{"no UIDVALIDITY", "3 N19\n", "dovecot", "error: dovecot-uidlist: line 1: it names no UIDVALIDITY"},
		{"UIDVALIDITY 0", "3 V0 N19\n", "dovecot", `error: dovecot-uidlist: line 1: "V0" is not a UIDVALIDITY`},
		{"no file", head + "5 W17\n", "dovecot", "error: dovecot-uidlist: line 2: it names no file"},
		{"no UID", head + "x :1.a\n", "dovecot", `error: dovecot-uidlist: line 2: "x" is not a UID`},
		{"no UID at all", head + "  :1.a\n", "dovecot", "error: dovecot-uidlist: line 2: it has no UID"},
		{"octets that are none", head + "5 Wx :1.a\n", "dovecot", `error: dovecot-uidlist: line 2: "Wx": "x" is not a number of octets`},
		{"empty", "", "dovecot", "error: dovecot-uidlist: it is empty"},
		{"a wrong format", head, "%f%f", `error: template "%f%f": %f needs the server's own files, which IMAP does not show; only %u and %v can be computed`},
	} {
		list, err := mailstore.Dovecot(store(append(mail, "dovecot-uidlist", test.list)...), test.format)
		check(t, test.what, list, err, strings.ReplaceAll(test.want, "43b940e5", fmt.Sprintf("%08x", 1136214245)))
	}
}

// A folder without the file that a format is read from is an error, which says what
// lies there instead.
func TestAnotherStore(t *testing.T) {
	dovecot := func(store fs.FS) ([]mailstore.Message, error) { return mailstore.Dovecot(store, "dovecot") }
	for _, test := range []struct {
		what  string
		read  func(fs.FS) ([]mailstore.Message, error)
		files fs.FS
		want  string
	}{
		{"Dovecot's for Courier", mailstore.Courier, store("dovecot-uidlist", ""), "there is no courierpop3dsizelist; found instead: a Maildir with dovecot-uidlist, which --format dovecot reads"},
		{"Courier's for Dovecot", dovecot, store("courierpop3dsizelist", ""), "there is no dovecot-uidlist; found instead: a Maildir with courierpop3dsizelist, which --format courier reads"},
		{"qmail's for Dovecot", dovecot, store("cur/1.a", letter(1)), "there is no dovecot-uidlist; found instead: a Maildir without it, which --format maildir reads"},
		{"a home", mailstore.Courier, fstest.MapFS{"Maildir/cur/1.a": {}}, "there is no courierpop3dsizelist; found instead: a folder Maildir: add it to --path"},
		{"other files", dovecot, fstest.MapFS{"a": {}, "b": {}, "c": {}, "d": {}, "e": {}, "f": {}, "g": {}}, `there is no dovecot-uidlist; found instead: "a", "b", "c", "d", "e", and 2 more`},
		{"nothing", mailstore.Maildir, fstest.MapFS{}, "it is not a Maildir: there is no folder cur: the folder is empty"},
		{"no folder", dovecot, os.DirFS(filepath.Join(t.TempDir(), "gone")), "there is no dovecot-uidlist: the folder does not exist"},
	} {
		list, err := test.read(test.files)
		check(t, test.what, list, err, "error: "+test.want)
	}
}

func mboxes(file string) (list []mailstore.Message, err error) {
	for m, err := range mailstore.Mbox(strings.NewReader(file)) {
		if err != nil {
			return list, err
		}
		list = append(list, m)
	}
	return list, nil
}

func TestMbox(t *testing.T) {
	const from = "From alice@example.org Mon Jan  2 15:04:05 2006\n"
	plain := func(n int, fields string) string { return from + fields + letter(n) + "\n" }
	long := strings.Repeat("x", 40<<10)
	for _, test := range []struct{ what, file, want string }{
		{"UW", plain(1, "X-IMAPbase: 1136214245 17\nX-UID: 5\nStatus: RO\n") + plain(2, "X-UID: 6\n") + plain(3, ""), "43b940e500000005 0 1+body\n43b940e500000006 0 2+body"},
		{"UW with its notes", from + "Subject: DON'T DELETE\nX-IMAP: 1136214245 17\n\nnotes\n\n" + plain(2, "X-UID: 6\n"), "43b940e500000006 0 2+body"},
		{"qpopper", plain(1, "X-UIDL: \"#!abc\n") + plain(2, "X-UIDL: def\nX-UID: 6\n"), "\"#!abc 0 1+body\ndef 0 2+body"},
		{"From in a body", plain(1, "X-UIDL: a\n") + plain(2, "X-UIDL: b\n") + "From here on it goes down\n\n>From alice\nFrom bob@example.org Mon Jan  2 15:04:05 2006\n", "a 0 1+body\nb 0 2+body"},
		{"a line that is longer than the buffer", plain(1, "X-UIDL: a\n") + long + from + "\n" + plain(2, "X-UIDL: b\n"), "a 0 1+body\nb 0 2+body"},
		{"CRLF", strings.ReplaceAll(plain(1, "X-UIDL: a\n")+plain(2, "X-UIDL: b\n"), "\n", "\r\n"), "a 0 1+body\nb 0 2+body"},
		{"no mbox", "Subject: hello\n\nhello\n", `error: it is not an mbox file: it does not begin with a line such as "From alice@example.org Mon Jan  2 15:04:05 2006"`},
		{"no unique-ids", plain(1, "") + plain(2, "X-UID: 6\n"), "error: none of its messages has X-UIDL, or X-UID behind an X-IMAPbase: no server that gives unique-ids from this file has written it"},
		{"UW's notes alone", from + "X-IMAP: 1136214245 17\n\nnotes\n", ""},
		{"empty", "", ""},
	} {
		list, err := mboxes(test.file)
		check(t, test.what, list, err, strings.ReplaceAll(test.want, "43b940e5", fmt.Sprintf("%08x", 1136214245)))
	}
	// A body is that of its message alone.
	list, err := mboxes(plain(1, "X-UIDL: a\n") + plain(1, "X-UIDL: b\n") + from + "X-UIDL: c\n" + letter(1) + "more\n")
	if err != nil || list[0].Print != list[1].Print || list[1].Print.Body == list[2].Print.Body {
		t.Errorf("%+v, %v", list, err)
	}
}

// FuzzStores gives what owners of accounts may have written into their files.
func FuzzStores(f *testing.F) {
	f.Add("/3 18 7\n1.a 90 16:7:0\n", "3 V7 N19\n5 P1 O2 W3 :1.a\n", "From a Mon Jan  2 15:04:05 2006\nX-UIDL: a\n\n", "unique_id,octets\na,1\n")
	f.Fuzz(func(t *testing.T, courier, dovecot, mbox, csv string) {
		files := store("cur/1.a", letter(1), "courierpop3dsizelist", courier, "dovecot-uidlist", dovecot)
		courierList, err := mailstore.Courier(files)
		valid(t, courierList, err)
		dovecotList, err := mailstore.Dovecot(files, "dovecot")
		valid(t, dovecotList, err)
		list, err := mboxes(mbox)
		valid(t, list, err)
		rows, err := readAll(strings.NewReader(csv))
		for _, row := range rows {
			list = append(list, row.Message)
		}
		valid(t, list, err)
	})
}

func valid(t *testing.T, list []mailstore.Message, err error) {
	if err != nil && len(err.Error()) > 1000 {
		t.Errorf("an error of %d octets", len(err.Error()))
	}
	for _, m := range list {
		if m.UniqueID == "" || strings.ContainsAny(m.UniqueID, "\r\n") || m.Octets < 0 {
			t.Errorf("%+v", m)
		}
	}
}
