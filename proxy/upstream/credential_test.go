package upstream_test

import (
	"errors"
	"slices"
	"testing"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/upstream"
)

// TestTryPassword: a password that is not UTF-8 is tried once more in UTF-8 where the
// operator says what it may be and the server says that it is wrong; one that was right
// so before is tried so first, and then not as it came.
func TestTryPassword(t *testing.T) {
	const latin1, utf8 = "gr\xfc\xdfe", "grüße"
	wrong, away := errors.New("wrong"), errors.New("away")
	for name, c := range map[string]struct {
		charset  configs.LegacyCharset
		password string
		first    bool // it was right in UTF-8 before
		answers  map[string]error
		tried    []string
		recoded  bool
		err      error
	}{
		"right as it came":      {configs.LegacyLatin1, latin1, false, nil, []string{latin1}, false, nil},
		"right in UTF-8":        {configs.LegacyLatin1, latin1, false, map[string]error{latin1: wrong}, []string{latin1, utf8}, true, nil},
		"right so before":       {configs.LegacyLatin1, latin1, true, map[string]error{latin1: wrong}, []string{utf8}, true, nil},
		"not right so any more": {configs.LegacyLatin1, latin1, true, map[string]error{utf8: wrong}, []string{utf8}, true, wrong},
		"wrong":                 {configs.LegacyLatin1, latin1, false, map[string]error{latin1: wrong, utf8: wrong}, []string{latin1, utf8}, true, wrong},
		"a server that is away": {configs.LegacyLatin1, latin1, false, map[string]error{latin1: away}, []string{latin1}, false, away},
		"UTF-8 already":         {configs.LegacyLatin1, utf8, false, map[string]error{utf8: wrong}, []string{utf8}, false, wrong},
		"nobody says Latin-1":   {configs.LegacyNone, latin1, false, map[string]error{latin1: wrong}, []string{latin1}, false, wrong},
	} {
		t.Run(name, func(t *testing.T) {
			var tried []string
			req := backend.Request{Upstream: configs.Upstream{LegacyCharset: c.charset}, Password: configs.NewSecret(c.password)}
			recoded, err := upstream.TryPassword(req, c.first, func(password string) error {
				tried = append(tried, password)
				return c.answers[password]
			}, func(err error) bool { return err == wrong })
			if !slices.Equal(tried, c.tried) || recoded != c.recoded || err != c.err {
				t.Errorf("tried %q, recoded %v, %v; want %q, %v, %v", tried, recoded, err, c.tried, c.recoded, c.err)
			}
		})
	}
}
