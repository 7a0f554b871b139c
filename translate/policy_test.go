package translate_test

import (
	"encoding"
	"testing"

	"popbridge/translate"
)

type word interface {
	encoding.TextMarshaler
	encoding.TextUnmarshaler
}

// Each of the operator's words is read and written alike, and
// a wrong one changes nothing.
func TestWords(t *testing.T) {
	for _, test := range []struct {
		words []string
		value word
		wrong string
	}{
		{[]string{"trash", "expunge", "archive", "flag", "hide"}, new(translate.OnDelete), `"wrong" is not known; one of trash, expunge, archive, flag, hide`},
		{[]string{"seen", "nothing"}, new(translate.OnRetrieve), `"wrong" is not known; one of seen, nothing`},
		{[]string{"device", "account", "none"}, new(translate.Lock), `"wrong" is not known; one of device, account, none`},
	} {
		if got, err := test.value.MarshalText(); err != nil || string(got) != test.words[0] {
			t.Errorf("the default is %q, not %s: %v", got, test.words[0], err)
		}
		for i, w := range test.words {
			if err := test.value.UnmarshalText([]byte(w)); err != nil {
				t.Errorf("%s: %v", w, err)
			}
			if got, err := test.value.MarshalText(); err != nil || string(got) != w {
				t.Errorf("%s is written as %q: %v", w, got, err)
			}
			if err := test.value.UnmarshalText([]byte("wrong")); err == nil || err.Error() != test.wrong {
				t.Errorf("%T, word %d: %v", test.value, i, err)
			}
			if got, err := test.value.MarshalText(); err != nil || string(got) != w {
				t.Errorf("a wrong word made %q of %s: %v", got, w, err)
			}
		}
	}
}
