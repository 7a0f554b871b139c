package sasl

import (
	"popbridge/translate"
	"strings"
	"testing"
)

func TestTokensAsTheyAreWritten(t *testing.T) {
	for message, want := range map[string]string{
		"user=alice\x01auth=Bearer tok/en+1~=\x01\x01":         "alice tok/en+1~=",
		"user=alice\x01auth=bearer  tok\x01\x01":               "alice tok",
		"user=alice\x01auth=Bearer tok\x01":                    "",
		"user=alice\x01auth=Bearer t k\x01\x01":                "",
		"user=alice\x01auth=Bearer t\r\nk\x01\x01":             "",
		"user=alice\x01auth=Bearer t\x00k\x01\x01":             "",
		"user=alice\x01auth=Bearer \x01\x01":                   "",
		"user=alice\x01auth=Basic tok\x01\x01":                 "",
		"user=alice\x01auth=Bearer a\x01auth=Bearer b\x01\x01": "",
		"user=alice\x01\x01\x01":                               "",
		"user=\x01auth=Bearer tok\x01\x01":                     "",
		"alice\x01auth=Bearer tok\x01\x01":                     "",
		"":                                                     "",
	} {
		if name, token, ok := readXOAUTH2(message); ok != (want != "") || ok && name+" "+token != want {
			t.Errorf("%q is read as %q, %q, %v", message, name, token, ok)
		}
	}
	const rest = "\x01auth=Bearer tok\x01\x01"
	for header, want := range map[string]string{
		"n,a=alice@example.org,": "alice@example.org", "y,a=a=2Cb=3D2C,": "a,b=2C", "n,a=a=b,": "", "n,a=,": "", "n,,": "", "p=x,a=alice,": "", "n,a=alice": "", "n,a=alice,x": "", "": "",
	} {
		if name, token, ok := readOAuthBearer(header + rest); ok != (want != "") || ok && (name != want || token != "tok") {
			t.Errorf("%q is read as %q, %q, %v", header, name, token, ok)
		}
	}
}

// Whatever a device sends: what is passed on holds nothing that could end a line or
// a field upstream.
func FuzzBearer(f *testing.F) {
	f.Add("user=alice\x01auth=Bearer tok\x01\x01")
	f.Add("n,a=alice=2Cb,\x01host=x\x01auth=Bearer tok\x01\x01")
	f.Fuzz(func(t *testing.T, message string) {
		for _, read := range []func(string) (string, string, bool){readXOAUTH2, readOAuthBearer} {
			name, token, ok := read(message)
			if !ok {
				continue
			}
			if token == "" || name == "" || strings.ContainsFunc(token, func(r rune) bool { return r <= 0x20 || r >= 0x7F }) {
				t.Errorf("%q is read as %q, %q", message, name, token)
			}
			if _, err := (translate.LoginRules{}).Parse(name); err == nil && strings.ContainsAny(name, "\x00\x01\r\n") {
				t.Errorf("the name %q is taken", name)
			}
		}
	})
}
