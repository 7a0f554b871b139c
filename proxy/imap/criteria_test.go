package imap

import (
	"errors"
	"strings"
	"testing"
)

// criteria makes Criteria of words, of which those that begin with a '=' are texts.
func criteria(words ...string) (c Criteria) {
	for _, w := range words {
		if text, ok := strings.CutPrefix(w, "="); ok {
			c.Text(text)
		} else {
			c.Word(w)
		}
	}
	return c
}

func TestSearchFor(t *testing.T) {
	long := strings.Repeat("x", maxQuoted+1)
	for _, tc := range []struct {
		name, caps string
		words      []string
		script     string
	}{
		{"all", "", nil, "C: A1 UID SEARCH ALL"},
		{"words", "", []string{"NOT", "KEYWORD", "$Junk", "SINCE", "1-Feb-2026", "LARGER", "1024"}, "C: A1 UID SEARCH NOT KEYWORD $Junk SINCE 1-Feb-2026 LARGER 1024"},
		{"parentheses", "", []string{"OR", "(", "(", "SEEN", ")", "DRAFT", ")", "(", "FROM", "=a (b)", ")"}, `C: A1 UID SEARCH OR ((SEEN) DRAFT) (FROM "a (b)")`},
		{"empty", " ESEARCH", []string{"HEADER", "List-Id", "="}, `C: A1 UID SEARCH RETURN (ALL) HEADER List-Id ""`},
		{"quote", "", []string{"SUBJECT", `=a"b`, "SEEN"}, "C: A1 UID SEARCH SUBJECT {3}\nS: + go\nC: a\"b SEEN"},
		{"literals", "", []string{"(", "TO", "=ü", "SUBJECT", "=世界", ")"}, "C: A1 UID SEARCH CHARSET UTF-8 (TO {2}\nS: +\nC: ü SUBJECT {6}\nS: + go\nC: 世界)"},
		{"literal+", " ESEARCH LITERAL+", []string{"TO", "=ü"}, "C: A1 UID SEARCH RETURN (ALL) CHARSET UTF-8 TO {2}\nS: +\nC: ü"},
		{"literal-", " LITERAL-", []string{"TO", "=ü"}, "C: A1 UID SEARCH CHARSET UTF-8 TO {2}\nS: +\nC: ü"},
		{"long", "", []string{"TEXT", "=" + long}, "C: A1 UID SEARCH TEXT {1001}\nS: +\nC: " + long},
	} {
		t.Run(tc.name, func(t *testing.T) {
			answer := "* SEARCH 7 5"
			if strings.Contains(tc.caps, "ESEARCH") {
				answer = `* ESEARCH (TAG "A1") UID ALL 5,7`
			}
			c := dial(t, Options{}, "S: * OK [CAPABILITY IMAP4rev1"+tc.caps+"] hi\n"+tc.script+"\nS: "+answer+"\nS: A1 OK done")
			if found, err := c.SearchFor(ctx, criteria(tc.words...)); err != nil || found.String() != "5,7" {
				t.Errorf("found %v, %v", found, err)
			}
		})
	}
}

// TestSearchForRefused: what could end the command, or become another word of it, is never sent, and the connection stays usable.
func TestSearchForRefused(t *testing.T) {
	c := dial(t, Options{}, greeted+"C: A1 NOOP\nS: A1 OK")
	for _, words := range [][]string{
		{"SUBJECT", "=a\rb"}, {"SUBJECT", "=a\nA2 LOGOUT"}, {"SUBJECT", "=a\x00"}, {"SUBJECT", "=\xff"}, {"=ü\n"},
		{""}, {"SEEN ALL"}, {"SEEN\r\n"}, {"ü"}, {"{3}"}, {`"SEEN"`}, {"(SEEN"}, {"1:*"}, {`a\`}, {"\x7f"}, {"(", ""},
	} {
		if _, err := c.SearchFor(ctx, criteria(words...)); !errors.Is(err, ErrUnsafeString) {
			t.Errorf("%q: %v", words, err)
		}
	}
	c.tags = 0
	check(t, c.Noop(ctx))
}

// TestSearchForNo: a refusal in the middle of the command is its answer, and the connection goes on.
func TestSearchForNo(t *testing.T) {
	c := dial(t, Options{}, greeted+`
	C: A1 UID SEARCH CHARSET UTF-8 TO {2}
	S: A1 NO [BADCHARSET (US-ASCII)] The specified charset is not supported.
	C: A2 UID SEARCH X-GM-RAW "x"
	S: A2 BAD unknown search key
	C: A3 NOOP
	S: A3 OK`)
	_, err := c.SearchFor(ctx, criteria("TO", "=ü"))
	wantStatus(t, err, "NO", "BADCHARSET")
	_, err = c.SearchFor(ctx, criteria("X-GM-RAW", "=x"))
	wantStatus(t, err, "BAD", "")
	check(t, c.Noop(ctx))
}

// TestSelectSearches: a search goes behind SELECT without waiting for its answer, unless it has to wait before a literal. Where either is
// refused the connection goes on.
func TestSelectSearches(t *testing.T) {
	unseen, waits := criteria("UNSEEN"), criteria("TO", "=ü")
	for name, tc := range map[string]struct {
		search Criteria
		script string
		found  string // empty: nothing is known
		fails  bool
	}{
		"found": {unseen, `
	C: A1 SELECT "INBOX"
	C: A2 UID SEARCH UNSEEN
	S: * 3 EXISTS
	S: A1 OK done
	S: * SEARCH 5 7
	S: A2 OK done
	C: A3 NOOP
	S: A3 OK`, "5,7", false},
		"refused": {unseen, `
	C: A1 SELECT "INBOX"
	C: A2 UID SEARCH UNSEEN
	S: * 3 EXISTS
	S: A1 OK done
	S: A2 NO [CANNOT] not now
	C: A3 NOOP
	S: A3 OK`, "", false},
		"no such mailbox": {unseen, `
	C: A1 SELECT "INBOX"
	C: A2 UID SEARCH UNSEEN
	S: A1 NO [NONEXISTENT] gone
	S: A2 BAD no mailbox selected
	C: A3 NOOP
	S: A3 OK`, "", true},
		"would wait": {waits, `
	C: A1 SELECT "INBOX"
	S: * 3 EXISTS
	S: A1 OK done
	C: A3 NOOP
	S: A3 OK`, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			c := dial(t, Options{}, greeted+tc.script)
			s, err := c.Select(ctx, "INBOX", SelectOptions{Search: &tc.search})
			switch {
			case (err != nil) != tc.fails:
				t.Fatalf("SELECT gives %v", err)
			case err != nil:
			case tc.found == "" && s.Found != nil, tc.found != "" && (s.Found == nil || s.Found.String() != tc.found):
				t.Errorf("found %v, want %q", s.Found, tc.found)
			case s.Messages != 3:
				t.Errorf("%d messages, want 3", s.Messages)
			}
			check(t, c.Noop(ctx))
		})
	}
}
