package translate_test

import (
	"reflect"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"popbridge/translate"
)

// drawnTerm is a key as an operator may write it, and as a server has to be told.
type drawnTerm struct{ written, told string }

func drawCase(t *rapid.T, word string) string {
	if rapid.Bool().Draw(t, "in small letters") {
		return strings.ToLower(word)
	}
	return word
}

func drawTerm(t *rapid.T, depth int) drawnTerm {
	pick := func(words ...string) (string, string) {
		word := rapid.SampledFrom(words).Draw(t, "key")
		return drawCase(t, word), word
	}
	argument := func(written, told string, words ...string) drawnTerm {
		w, key := pick(words...)
		return drawnTerm{w + " " + written, key + " " + told}
	}
	most := 4
	if depth < 4 {
		most = 7
	}
	switch rapid.IntRange(0, most).Draw(t, "kind") {
	case 0:
		w, key := pick("ALL", "ANSWERED", "DRAFT", "FLAGGED", "SEEN", "UNANSWERED", "UNDRAFT", "UNFLAGGED", "UNSEEN")
		return drawnTerm{w, key}
	case 1:
		days := rapid.IntRange(0, 36500).Draw(t, "days")
		return argument(strconv.Itoa(days)+"d", firstOfMarch.AddDate(0, 0, -days).Format("2-Jan-2006"), "BEFORE", "ON", "SINCE", "SENTBEFORE", "SENTON", "SENTSINCE")
	case 2:
		n, unit := rapid.IntRange(0, 4095).Draw(t, "size"), rapid.IntRange(0, 2).Draw(t, "unit")
		return argument(strconv.Itoa(n)+[]string{"", "KB", "MB"}[unit], strconv.Itoa(n<<(10*unit)), "LARGER", "SMALLER")
	case 3:
		keyword := rapid.StringMatching(`[$a-zA-Z][a-z0-9_-]{0,8}`).Draw(t, "keyword")
		return argument(`"`+keyword+`"`, keyword, "KEYWORD", "UNKEYWORD")
	case 4:
		text := rapid.StringMatching(`[ -~äß世]{1,12}`).Draw(t, "text")
		quoted := `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
		if rapid.Bool().Draw(t, "header") {
			return argument("X-Field "+quoted, "X-Field ["+text+"]", "HEADER")
		}
		return argument(quoted, "["+text+"]", "BCC", "BODY", "CC", "FROM", "SUBJECT", "TEXT", "TO", "X-GM-RAW")
	case 5:
		one := drawTerm(t, depth+1)
		return argument(one.written, one.told, "NOT")
	case 6:
		one, two := drawTerm(t, depth+1), drawTerm(t, depth+1)
		return argument(one.written+" "+two.written, one.told+" "+two.told, "OR")
	}
	terms := drawTerms(t, depth+1)
	blank := strings.Repeat(" ", rapid.IntRange(0, 2).Draw(t, "blanks"))
	return drawnTerm{"(" + blank + terms.written + blank + ")", "( " + terms.told + " )"}
}

func drawTerms(t *rapid.T, depth int) drawnTerm {
	terms := drawTerm(t, depth)
	for range rapid.IntRange(0, 2).Draw(t, "more") {
		next := drawTerm(t, depth)
		terms.written += "  " + next.written
		terms.told += " " + next.told
	}
	return terms
}

// TestSearchMeansWhatIsWritten: whatever is written, a server is told just that, and
// what is shown to operators means the same.
func TestSearchMeansWhatIsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		drawn := drawTerms(t, 0)
		s := mustSearch(t, drawn.written)
		again := mustSearch(t, s.String())
		if !reflect.DeepEqual(s, again) || again.String() != s.String() {
			t.Fatalf("%q is shown as %q, and that as %q", drawn.written, s, again)
		}
		if told := tell(s); told != drawn.told || tell(again) != told {
			t.Fatalf("%q tells %q and again %q, want %q", drawn.written, told, tell(again), drawn.told)
		}
	})
}

// single says that a word or a text cannot end the command that it stands in, nor
// become another word of it.
type single struct{ t *testing.T }

func (s single) Word(word string) {
	if word == "" || word != "(" && word != ")" && strings.ContainsFunc(word, func(c rune) bool { return c <= ' ' || c > '~' || strings.ContainsRune(`(){%*"\]`, c) }) {
		s.t.Errorf("the word %q", word)
	}
}

func (s single) Text(text string) {
	if strings.ContainsAny(text, "\r\n\x00") || strings.ToValidUTF8(text, "") != text {
		s.t.Errorf("the text %q", text)
	}
}

// FuzzSearch takes any text. What is taken is shown so that it is read as the same, and
// is told in words that stay what they are; a refusal says something in one line.
func FuzzSearch(f *testing.F) {
	for _, text := range []string{
		"NOT KEYWORD done OR FROM bank.example SUBJECT invoice SINCE 30d", `HEADER "List-Id" "" (LARGER 1MB ON "1-Feb-2026")`,
		`X-GM-RAW "a\"b\\"`, "SUBJECT büro UNSEEN", "FROM \"a\r\nA1 EXPUNGE\"", `KEYWORD "a b"`, "((((", "OR OR ALL ALL ALL", "SMALLER 4294967296",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var s translate.Search
		if err := s.UnmarshalText([]byte(text)); err != nil {
			if !s.All() || err.Error() == "" || strings.ContainsAny(err.Error(), "\r\n\x00") {
				t.Errorf("refused with %q", err)
			}
			return
		}
		var again translate.Search
		if err := again.UnmarshalText([]byte(s.String())); err != nil || !reflect.DeepEqual(s, again) {
			t.Errorf("%q is shown as %q: %v", text, s, err)
		}
		s.Write(single{t}, firstOfMarch)
	})
}
