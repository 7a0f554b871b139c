package translate_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"popbridge/translate"
)

// spoken gathers what a server is told; a text stands in brackets.
type spoken []string

func (s *spoken) Word(word string) { *s = append(*s, word) }
func (s *spoken) Text(text string) { *s = append(*s, "["+text+"]") }

// firstOfMarch is a day whose yesterday is not one of a month of 30 or 31 days.
var firstOfMarch = time.Date(2026, 3, 1, 0, 30, 0, 0, time.UTC)

func mustSearch(t interface {
	Helper()
	Fatalf(string, ...any)
}, text string) (s translate.Search) {
	t.Helper()
	if err := s.UnmarshalText([]byte(text)); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return s
}

func tell(s translate.Search) string {
	var told spoken
	s.Write(&told, firstOfMarch)
	return strings.Join(told, " ")
}

func TestSearch(t *testing.T) {
	for _, test := range []struct{ text, want, told string }{
		{"", "", ""},
		{" \t\n", "", ""},
		{"all", "ALL", "ALL"},
		{"NOT KEYWORD done OR FROM bank.example SUBJECT invoice SINCE 30d", "NOT KEYWORD done OR FROM bank.example SUBJECT invoice SINCE 30d",
			"NOT KEYWORD done OR FROM [bank.example] SUBJECT [invoice] SINCE 30-Jan-2026"},
		{"on 1d BEFORE 0d sentsince 366d", "ON 1d BEFORE 0d SENTSINCE 366d", "ON 28-Feb-2026 BEFORE 1-Mar-2026 SENTSINCE 28-Feb-2025"},
		{`SENTBEFORE 01-feb-2026 SENTON "31-DEC-1999"`, "SENTBEFORE 1-Feb-2026 SENTON 31-Dec-1999", "SENTBEFORE 1-Feb-2026 SENTON 31-Dec-1999"},
		{"LARGER 1024KB SMALLER 10MB larger 0", "LARGER 1MB SMALLER 10MB LARGER 0", "LARGER 1048576 SMALLER 10485760 LARGER 0"},
		{"SMALLER 4294967295", "SMALLER 4294967295", "SMALLER 4294967295"},
		{"((seen)(unseen  flagged ))", "((SEEN) (UNSEEN FLAGGED))", "( ( SEEN ) ( UNSEEN FLAGGED ) )"},
		{"OR(SEEN DRAFT)NOT(ANSWERED)", "OR (SEEN DRAFT) NOT (ANSWERED)", "OR ( SEEN DRAFT ) NOT ( ANSWERED )"},
		{`SUBJECT "two \"words\" \\ here"`, `SUBJECT "two \"words\" \\ here"`, `SUBJECT [two "words" \ here]`},
		{`TO "plain" CC "SEEN" BCC seen`, `TO plain CC "SEEN" BCC seen`, `TO [plain] CC [SEEN] BCC [seen]`},
		{`BODY "*" TEXT büro`, `BODY "*" TEXT "büro"`, `BODY [*] TEXT [büro]`},
		{`HEADER subject "" HEADER List-Id news`, `HEADER subject "" HEADER List-Id news`, `HEADER subject [] HEADER List-Id [news]`},
		{`HEADER "FROM" "'x"`, `HEADER FROM "'x"`, `HEADER FROM ['x]`},
		{`keyword "$Junk" UNKEYWORD "OLD"`, `KEYWORD $Junk UNKEYWORD OLD`, `KEYWORD $Junk UNKEYWORD OLD`},
		{`KEYWORD "SEEN"`, `KEYWORD "SEEN"`, `KEYWORD SEEN`},
		{`x-gm-raw "has:attachment in:anywhere"`, `X-GM-RAW "has:attachment in:anywhere"`, `X-GM-RAW [has:attachment in:anywhere]`},
		{`ANSWERED UNANSWERED DRAFT UNDRAFT FLAGGED UNFLAGGED`, `ANSWERED UNANSWERED DRAFT UNDRAFT FLAGGED UNFLAGGED`, `ANSWERED UNANSWERED DRAFT UNDRAFT FLAGGED UNFLAGGED`},
	} {
		s := mustSearch(t, test.text)
		if s.String() != test.want || tell(s) != test.told {
			t.Errorf("%q is written %q and told %q; want %q and %q", test.text, s, tell(s), test.want, test.told)
		}
		if again := mustSearch(t, s.String()); !reflect.DeepEqual(s, again) {
			t.Errorf("%q is read again as %q", s, again)
		}
		if s.All() != (test.want == "") {
			t.Errorf("%q finds every message: %t", test.text, s.All())
		}
	}
}

// TestSearchMistakes: each names the word, where it begins, and what would be right.
func TestSearchMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"FORM bank.example":          `"FORM" at character 1 is no search key; did you mean FROM?`,
		"unseen UNSEN":               `"UNSEN" at character 8 is no search key; did you mean UNSEEN?`,
		"Büro":                       `"Büro" at character 1 is no search key; one of ALL, ANSWERED, BCC, BEFORE, BODY, CC, DRAFT, FLAGGED, FROM, HEADER, KEYWORD, LARGER, NOT, ON, OR, SEEN, SENTBEFORE, SENTON, SENTSINCE, SINCE, SMALLER, SUBJECT, TEXT, TO, UNANSWERED, UNDRAFT, UNFLAGGED, UNKEYWORD, UNSEEN, X-GM-RAW`,
		"SUBJECT ä\u00a0ö words x":   `"words" at character 13 is no search key; a text of several words stands in quotes, as in SUBJECT "ä` + "\u00a0" + `ö …"`,
		"SUBJECT order form":         `"form" at character 15 is no search key; did you mean FROM?; a text of several words stands in quotes, as in SUBJECT "order …"`,
		`"two words"`:                `"two words" at character 1 is a text where a search key is due; write for example TEXT "two words"`,
		"DELETED":                    `"DELETED" at character 1 cannot be looked for: struck_out says what devices see of messages that are marked \Deleted`,
		"NOT undeleted":              `"undeleted" at character 5 cannot be looked for: struck_out says what devices see of messages that are marked \Deleted`,
		"FROM a AND TO b":            `"AND" at character 8 is not written: keys that stand side by side have to hold all`,
		"RECENT":                     `"RECENT" at character 1 means another thing at each login; write UNSEEN`,
		"YOUNGER 3600":               `"YOUNGER" at character 1 counts seconds, and few servers know it; write SINCE 30d`,
		"CHARSET UTF-8 ALL":          `"CHARSET" at character 1 is written by popbridge where a text needs it; leave it out`,
		"UID 1:5":                    `"UID" at character 1 names messages by numbers, which are of one mailbox and may pass to other messages; write what the messages are like`,
		"SEEN 1:*":                   `"1:*" at character 6 is a number where a search key is due; messages are not named by their numbers`,
		"SEEN FROM":                  `"FROM" at character 6 needs a text behind it; write for example FROM bank.example`,
		"(FROM) a":                   `"FROM" at character 2 needs a text behind it; write for example FROM bank.example`,
		"FROM SINCE 30d":             `"SINCE" at character 6 is a search key, and FROM needs a text before it; put it in quotes if it is meant as such`,
		"FROM (a)":                   `"(" at character 6 stands where FROM needs a text; write for example FROM bank.example`,
		"FROM *@bank.example":        `"*@bank.example" at character 6 holds a '*' or '%', which is no wildcard here, as a text is found anywhere in a line; leave it out, or put the text in quotes if it is looked for itself`,
		`FROM {3}`:                   `"{3}" at character 6 holds a '\' or '{'; put the text in quotes`,
		`FROM 'two words'`:           `"'two" at character 6 begins with a quote of another kind; texts stand in "double quotes"`,
		`FROM ""`:                    `FROM "" finds every message; write the text that is looked for`,
		`SUBJECT "two words`:         `the quote at character 9 is not closed`,
		`SUBJECT "two\`:              `the quote at character 9 holds a '\' that nothing needs; write \\ for it, and \" for a quote`,
		`SUBJECT "two\words"`:        `the quote at character 9 holds a '\' that nothing needs; write \\ for it, and \" for a quote`,
		`SUBJECT"two"`:               `"two" at character 8 needs a blank before it`,
		`SUBJECT "two"SEEN`:          `"SEEN" at character 14 needs a blank before it`,
		"SUBJECT \"a\nb\"":           `the word at character 9 holds the control character 0x0a; leave it out`,
		"SUBJECT a\x00b":             `the word at character 9 holds the control character 0x00; leave it out`,
		"SUBJECT \xff":               `it is not UTF-8`,
		"SINCE":                      `"SINCE" at character 1 needs a date or a number of days behind it; write for example SINCE 30d or SINCE 1-Feb-2026`,
		"SINCE yesterday":            `"yesterday" at character 7 is neither a date such as 1-Feb-2026 nor a number of days ago such as 30d`,
		"SINCE 2026-02-01":           `"2026-02-01" at character 7 is no date of IMAP; write 1-Feb-2026`,
		"SINCE 30-Feb-2026":          `"30-Feb-2026" at character 7 is neither a date such as 1-Feb-2026 nor a number of days ago such as 30d`,
		"SINCE 1-Feb-26":             `"1-Feb-26" at character 7 is neither a date such as 1-Feb-2026 nor a number of days ago such as 30d`,
		"SINCE 30":                   `"30" at character 7 has no unit; write 30d, for days`,
		"SINCE -1d":                  `"-1d" at character 7 is neither a date such as 1-Feb-2026 nor a number of days ago such as 30d`,
		"SINCE 36501d":               `"36501d" at character 7 is neither a date such as 1-Feb-2026 nor a number of days ago such as 30d`,
		"LARGER 10 MB":               `"10" at character 8 stands apart from its unit; write 10MB`,
		"LARGER big":                 `"big" at character 8 is not a size; write a whole number with KB, MB or GB, such as 512KB`,
		"SMALLER 4GB":                `"4GB" at character 9 is too large; a server can be asked for 4294967295 octets at most`,
		`KEYWORD \seen`:              `"\\seen" at character 9 is no keyword; write SEEN`,
		`KEYWORD \Spam`:              `"\\Spam" at character 9 is no keyword; write for example KEYWORD $Junk`,
		`KEYWORD "two words"`:        `"two words" at character 9 is no keyword, which has no blanks, no characters beyond ASCII and none of (){%*"\]; write for example KEYWORD $Junk`,
		"HEADER Subject":             `"HEADER" at character 1 needs the name of a header field and a text behind it; write for example HEADER List-Id news.example.org`,
		"HEADER":                     `"HEADER" at character 1 needs the name of a header field and a text behind it; write for example HEADER List-Id news.example.org`,
		"HEADER Subject: x":          `"Subject:" at character 8 is no name of a header field; write it without its colon, Subject`,
		`HEADER "a b" x`:             `"a b" at character 8 is no name of a header field; write for example HEADER List-Id news.example.org`,
		"NOT":                        `"NOT" at character 1 needs a key behind it; write for example NOT SEEN`,
		"OR SEEN":                    `"OR" at character 1 needs two keys behind it; write for example OR FLAGGED UNSEEN`,
		"(SEEN":                      `"(" at character 1 is not closed; write (FLAGGED UNSEEN)`,
		"SEEN ()":                    `"(" at character 6 holds no key; write (FLAGGED UNSEEN)`,
		"SEEN) ALL":                  `")" at character 5 closes what was not opened; leave it out`,
		strings.Repeat("SEEN ", 101): "it has more than 100 keys",
		strings.Repeat("(", 22) + "SEEN" + strings.Repeat(")", 22): `"(" at character 22 is nested too deep; at most 20 parentheses, NOT and OR may stand in one another`,
		strings.Repeat("NOT ", 30) + "SEEN":                        `"NOT" at character 85 is nested too deep; at most 20 parentheses, NOT and OR may stand in one another`,
		"TEXT " + strings.Repeat("x", 4000):                        "it has 4005 octets; a search has at most 4000",
		"TEXT " + strings.Repeat("é", 1997):                        "it has 4001 octets; a search has at most 4000",
		strings.Repeat("Q", 60):                                    `"` + strings.Repeat("Q", 40) + `…" at character 1 is no search key; one of ALL, `,
	} {
		var s translate.Search
		err := s.UnmarshalText([]byte(text))
		if err == nil || err.Error() != want && !(strings.HasSuffix(want, "one of ALL, ") && strings.HasPrefix(err.Error(), want)) {
			t.Errorf("%q:\n got %v\nwant %s", text, err, want)
		}
		if !s.All() {
			t.Errorf("%q is refused and taken", text)
		}
	}
}

func TestSearchTellsWhatItNeeds(t *testing.T) {
	for _, test := range []struct {
		text, key, capability string
		foreign, unread       bool
	}{
		{text: "ALL"},
		{text: `OR SEEN (NOT X-GM-RAW "is:starred")`, key: "X-GM-RAW", capability: "X-GM-EXT-1"},
		{text: "(NOT SUBJECT büro)", foreign: true},
		{text: `HEADER Subject "é"`, foreign: true},
		{text: "FROM a UNSEEN", unread: true},
		{text: "NOT SEEN", unread: true},
		{text: "NOT (OR NOT UNSEEN FLAGGED)", unread: true},
		{text: "NOT UNSEEN"},
		{text: "NOT NOT SEEN"},
	} {
		s := mustSearch(t, test.text)
		key, capability := s.Needs()
		if key != test.key || string(capability) != test.capability || s.Foreign() != test.foreign || s.Unread() != test.unread {
			t.Errorf("%s needs %s for %s, is foreign: %t, for unread messages: %t", s, capability, key, s.Foreign(), s.Unread())
		}
	}
}

// TestSearchKeysAreSorted: they are listed to operators.
func TestSearchKeysAreSorted(t *testing.T) {
	var s translate.Search
	err := s.UnmarshalText([]byte("?"))
	_, list, _ := strings.Cut(err.Error(), "one of ")
	if keys := strings.Split(list, ", "); !slices.IsSorted(keys) || len(keys) != 30 {
		t.Errorf("%d keys: %s", len(keys), list)
	}
}
