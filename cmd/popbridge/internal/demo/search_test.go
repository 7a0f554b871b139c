package demo

import "testing"

func TestSearch(t *testing.T) {
	_, addr := start(t, 0)
	w := open(t, addr)
	w.ok("STORE 2,4 +FLAGS.SILENT (\\Deleted)")
	w.ok("STORE 4:5 +FLAGS.SILENT (\\Seen $Work)")
	for _, tc := range []struct{ criteria, want string }{
		{"UID 1001:1003", " 1001 1002 1003"},
		{"UID 1041:*", " 1041"},
		{"UID 5000:*", " 1041"},
		{"UID 1:5,1003", " 1003"},
		{"1:2", " 1001 1002"},
		{"DELETED", " 1002 1004"},
		{"DELETED SEEN", " 1004"},
		{"OR DELETED KEYWORD $WORK", " 1002 1004 1005"},
		{"OR (DELETED UNSEEN) (UID 1041)", " 1002 1041"},
		{"NOT UID 2:1039", " 1040 1041"},
		{"UNDELETED UID 1001:1004", " 1001 1003"},
		{"HEADER Message-ID <MA.0309.2@example.org>", " 1025"},
		{"HEADER X-Spam-Flag \"\"", " 1033"},
		{"SUBJECT \"Kuchen in der K\"", " 1040"},
		{"CHARSET UTF-8 SUBJECT {6+}\r\nKüche", " 1040"},
		{"FROM panel-7", " 1004 1005"},
		{"LARGER 4000000", " 1003"},
		{"SMALLER 200 UID 1020:1025", " 1023 1024"},
		{"BODY hellgr=c3=bcn", " 1010"},
		{"TEXT ticket.5521.3@", " 1041"},
		{"UID 1001:1010 SINCE 21-Jun-2026 BEFORE 22-Jun-2026", " 1005 1006 1007 1008 1009"},
		{"SENTSINCE 1-Jul-2026", " 1040 1041"},
		{"SENTON 30-Jun-2026", " 1035 1036 1037 1038 1039"},
	} {
		untagged := w.ok("UID SEARCH " + tc.criteria)
		if got := untagged[0]; got != "* SEARCH"+tc.want {
			t.Errorf("%s: %q, want %q", tc.criteria, got, "* SEARCH"+tc.want)
		}
	}
	w.expect("SEARCH RETURN (MIN MAX COUNT) DELETED", `* ESEARCH (TAG "t") MIN 2 MAX 4 COUNT 2`, "OK SEARCH completed")
	w.expect("UID SEARCH RETURN (ALL) UID 9:8", `* ESEARCH (TAG "t") UID`, "OK UID SEARCH completed")
	w.expect("UID SEARCH RETURN (SAVE) ALL", "BAD [CLIENTBUG] SEARCHRES is not offered")
}
