package ledger

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/emersion/go-imap/v2"

	"popbridge/translate"
)

// TestPlainFormats: what is read without JSON is what JSON reads, of what was written and of
// what damage to any octet makes of it; and usual formats are read so.
func TestPlainFormats(t *testing.T) {
	written := []string{`[{"From":1,"Format":"dovecot"}]x`, `[{"From":4294967296,"Format":"dovecot"}]`, `[]`, `[{"From":1,"Format":"dovecot"},]`, `[{"From":1,"Format":"\u0064ovecot"}]`, `[{"From":1,"Format":"%uÿ"}]`}
	usual := 0
	for _, templates := range [][]string{{"dovecot"}, {"dovecot", "u%v.%u", "courier"}, {"<%u>"}, {`%u"}`}} {
		var spans []translate.Span
		for i, template := range templates {
			format, err := translate.ParseFormat(template)
			if err != nil {
				continue
			}
			spans = append(spans, translate.Span{From: imap.UID(1 + 1_000_000*i), Format: format})
		}
		text, err := encodeFormats(spans)
		if err != nil {
			t.Fatal(err)
		}
		written = append(written, text)
		if _, ok := plainFormats(text); ok {
			usual++
		}
	}
	if usual < 2 {
		t.Errorf("%d of the usual formats were read without JSON", usual)
	}
	read := 0
	compare := func(text string) {
		got, ok := plainFormats(text)
		if !ok {
			return
		}
		read++
		var want []translate.Span
		if err := json.Unmarshal([]byte(text), &want); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: read as %v instead of %v, %v", text, got, want, err)
		}
	}
	for _, text := range written {
		compare(text)
		for i := range len(text) {
			compare(text[:i])
			compare(text[:i] + text[i+1:])
			for _, b := range []byte("0 1-+.e\"\\,:{}[]%u\n\xff") {
				compare(text[:i] + string([]byte{b}) + text[i+1:])
				compare(text[:i] + string([]byte{b}) + text[i:])
			}
		}
	}
	if read < 100 {
		t.Errorf("only %d texts were read without JSON", read)
	}
}
