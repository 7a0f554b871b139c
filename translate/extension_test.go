package translate_test

import (
	"testing"

	"github.com/emersion/go-imap/v2"

	"popbridge/translate"
)

// TestRefusesExtension: which refusals are worth trying without the extension, and
// which of them are remembered.
func TestRefusesExtension(t *testing.T) {
	for _, c := range []struct {
		kind             string
		code             imap.ResponseCode
		text             string
		refused, lasting bool
	}{
		{"NO", "", "no", true, true},
		{"BAD", "", "Unknown command", true, true},
		{"NO", "CANNOT", "", true, true},
		{"BAD", "clientbug", "", true, true},
		{"NO", "", "Server busy, try again later", true, false},
		{"NO", "SERVERBUG", "", true, false},
		{"NO", "NOPERM", "", true, false},
		{"NO", "UNAVAILABLE", "", true, false},
		{"NO", "INUSE", "", true, false},
		{"NO", "LIMIT", "", true, false},
		{"NO", "CONTACTADMIN", "", true, false},
		{"NO", "X-FANCY", "", true, false},
		{"NO", "NONEXISTENT", "", false, false},
		{"NO", "OVERQUOTA", "", false, false},
		{"NO", "USEATTR", "", false, false},
		{"NO", "", "Unsafe Login. Please contact kefu@188.com for help", false, false},
		{"BYE", "", "see you", false, false},
	} {
		refused, lasting := translate.RefusesExtension(c.kind, c.code, c.text)
		if refused != c.refused || lasting != c.lasting {
			t.Errorf("%s [%s] %q: refused %v, lasting %v; want %v, %v", c.kind, c.code, c.text, refused, lasting, c.refused, c.lasting)
		}
	}
}
