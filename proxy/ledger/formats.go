package ledger

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/ledger/database"
	"popbridge/translate"
)

// encodeFormats makes text of the spans of a page.
func encodeFormats(spans []translate.Span) (string, error) {
	if len(spans) == 0 {
		return "", nil
	}
	text, err := json.Marshal(spans)
	return string(text), err
}

// decodeFormats reads the spans of a page, as encodeFormats wrote them.
func decodeFormats(text string) ([]translate.Span, error) {
	if text == "" {
		return nil, nil
	}
	if spans, ok := plainFormats(text); ok {
		return spans, nil
	}
	var spans []translate.Span
	if err := json.Unmarshal([]byte(text), &spans); err != nil {
		return nil, fmt.Errorf("formats: %w", database.ErrDamaged)
	}
	return spans, nil
}

// plainFormats reads spans as encodeFormats writes them where no format has an octet that JSON
// would escape, which each login does once. ok is false for anything else, be it right or
// wrong: that is for JSON to say.
func plainFormats(text string) (spans []translate.Span, ok bool) {
	const from, format, end = `{"From":`, `,"Format":"`, `"}`
	rest, ok := strings.CutPrefix(text, "[")
	for ok {
		var number, name string
		if rest, ok = strings.CutPrefix(rest, from); ok {
			number, rest, ok = strings.Cut(rest, format)
		}
		if ok {
			name, rest, ok = strings.Cut(rest, end)
		}
		n, err := strconv.ParseUint(number, 10, 32)
		if !ok || err != nil || len(number) > 1 && number[0] == '0' || strings.ContainsFunc(name, escaped) {
			return nil, false
		}
		span := translate.Span{From: imap.UID(n)}
		if span.Format.UnmarshalText([]byte(name)) != nil {
			return nil, false
		}
		spans = append(spans, span)
		if rest == "]" {
			return spans, true
		}
		rest, ok = strings.CutPrefix(rest, ",")
	}
	return nil, false
}

// escaped reports whether JSON may write a character otherwise than it is.
func escaped(r rune) bool { return r < ' ' || r > '~' || strings.ContainsRune(`"\<>&`, r) }
