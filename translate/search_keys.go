package translate

import "github.com/emersion/go-imap/v2"

// takes is what stands behind a search key.
type takes uint8

// What keys take.
const (
	takesNothing takes = iota
	takesText
	takesKeyword // the name of a flag without a backslash
	takesField   // the name of a header field, and a text
	takesDate
	takesSize
	takesTerms // other keys
)

// searchKey is one of the words that a Search is made of.
type searchKey struct {
	word   string
	takes  takes
	terms  int      // of takesTerms: how many; 0: any number from one
	sample string   // how it is written right
	needs  imap.Cap // without which servers do not know it; empty: all do
}

// searchKeys are those of RFC 3501 §6.4.4 that say what a message is like, and Gmail's
// own language.
var searchKeys = []*searchKey{
	{word: "ALL"},
	{word: "ANSWERED"},
	{word: "BCC", takes: takesText, sample: "BCC office@example.org"},
	{word: "BEFORE", takes: takesDate},
	{word: "BODY", takes: takesText, sample: `BODY "some words"`},
	{word: "CC", takes: takesText, sample: "CC office@example.org"},
	{word: "DRAFT"},
	{word: "FLAGGED"},
	{word: "FROM", takes: takesText, sample: "FROM bank.example"},
	{word: "HEADER", takes: takesField, sample: "HEADER List-Id news.example.org"},
	{word: "KEYWORD", takes: takesKeyword, sample: "KEYWORD $Junk"},
	{word: "LARGER", takes: takesSize},
	notKey,
	{word: "ON", takes: takesDate},
	{word: "OR", takes: takesTerms, terms: 2, sample: "OR FLAGGED UNSEEN"},
	{word: "SEEN"},
	{word: "SENTBEFORE", takes: takesDate},
	{word: "SENTON", takes: takesDate},
	{word: "SENTSINCE", takes: takesDate},
	{word: "SINCE", takes: takesDate},
	{word: "SMALLER", takes: takesSize},
	{word: "SUBJECT", takes: takesText, sample: `SUBJECT "some words"`},
	{word: "TEXT", takes: takesText, sample: `TEXT "some words"`},
	{word: "TO", takes: takesText, sample: "TO office@example.org"},
	{word: "UNANSWERED"},
	{word: "UNDRAFT"},
	{word: "UNFLAGGED"},
	{word: "UNKEYWORD", takes: takesKeyword, sample: "UNKEYWORD $Junk"},
	{word: "UNSEEN"},
	{word: "X-GM-RAW", takes: takesText, sample: `X-GM-RAW "has:attachment"`, needs: capGmail},
}

var (
	notKey = &searchKey{word: "NOT", takes: takesTerms, terms: 1, sample: "NOT SEEN"}
	// groupKey holds the keys in a pair of parentheses.
	groupKey = &searchKey{word: "(", takes: takesTerms, sample: "(FLAGGED UNSEEN)"}
)

// refusedKeys are words of other searches, and what to write instead.
var refusedKeys = map[string]string{
	"AND":         "is not written: keys that stand side by side have to hold all",
	"CHARSET":     "is written by popbridge where a text needs it; leave it out",
	"DELETED":     `cannot be looked for: struck_out says what devices see of messages that are marked \Deleted`,
	"MODSEQ":      "counts changes and not days; write SINCE 30d",
	"NEW":         "means another thing at each login; write UNSEEN",
	"OLD":         "means another thing at each login; write SEEN",
	"OLDER":       "counts seconds, and few servers know it; write BEFORE 30d",
	"RECENT":      "means another thing at each login; write UNSEEN",
	"UID":         "names messages by numbers, which are of one mailbox and may pass to other messages; write what the messages are like",
	"UNDELETED":   `cannot be looked for: struck_out says what devices see of messages that are marked \Deleted`,
	"X-GM-LABELS": `is not taken; write X-GM-RAW "label:name"`,
	"YOUNGER":     "counts seconds, and few servers know it; write SINCE 30d",
}

// searchKeyNamed gives the key that is written so, in capital letters; nil where there
// is none.
func searchKeyNamed(word string) *searchKey {
	for _, k := range searchKeys {
		if k.word == word {
			return k
		}
	}
	return nil
}

// searchKeyWords lists the words of all keys.
func searchKeyWords() []string {
	words := make([]string, len(searchKeys))
	for i, k := range searchKeys {
		words[i] = k.word
	}
	return words
}

// how says how the key is written right.
func (k *searchKey) how() string {
	switch k.takes {
	case takesDate:
		return k.word + " 30d or " + k.word + " 1-Feb-2026"
	case takesSize:
		return k.word + " 10MB"
	}
	return k.sample
}

// wants says what is due behind the key.
func (k *searchKey) wants() string {
	switch k.takes {
	case takesText:
		return "a text"
	case takesKeyword:
		return "a keyword"
	case takesField:
		return "the name of a header field and a text"
	case takesDate:
		return "a date or a number of days"
	case takesSize:
		return "a size"
	}
	if k.terms == 2 {
		return "two keys"
	}
	return "a key"
}
