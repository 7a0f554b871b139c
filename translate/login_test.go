package translate_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"popbridge/translate"
)

func TestLogins(t *testing.T) {
	plus := translate.LoginRules{DefaultDomain: "example.org", Lowercase: true, DeviceSeparator: "+"}
	for _, test := range []struct {
		rules           translate.LoginRules
		name            string
		account, device string
	}{
		{plus, "alice", "alice@example.org", ""},
		{plus, "Alice@Example.NET", "alice@example.net", ""},
		{plus, "alice+Scanner", "alice@example.org", "scanner"},
		{plus, "alice+scanner@example.net", "alice@example.net", "scanner"},
		{plus, "alice@example.net+scanner", "alice@example.net", "scanner"},
		{plus, "alice+tag@example.net+scanner", "alice+tag@example.net", "scanner"},
		{plus, "alice+tag+scanner@example.net", "alice+tag@example.net", "scanner"},
		{plus, "alice@example.net+a+b", "alice@example.net", "a+b"},
		{plus, "alice+@example.net", "alice@example.net", ""},
		{plus, "ÄNNE+x@example.net", "änne@example.net", "x"},
		{plus, "\xc4NNE@example.net", "\xc4nne@example.net", ""},
		{translate.LoginRules{}, "Alice+x", "Alice+x", ""},
		{translate.LoginRules{DeviceSeparator: "."}, "alice@example.org.scanner", "alice@example.org.scanner", ""},
		{translate.LoginRules{DeviceSeparator: "."}, "alice.scanner@example.org", "alice@example.org", "scanner"},
		{translate.LoginRules{DeviceSeparator: "-"}, "alice@my-host.example", "alice@my-host.example", ""},
		{translate.LoginRules{DeviceSeparator: "--"}, "alice--scanner@example.org", "alice@example.org", "scanner"},
		{translate.LoginRules{DeviceSeparator: "/"}, "alice@example.org/scanner", "alice@example.org", "scanner"},
	} {
		got, err := test.rules.Parse(test.name)
		if err != nil || got != (translate.Login{Account: test.account, Device: test.device}) {
			t.Errorf("%q under %+v: %+v, %v; want %q, %q", test.name, test.rules, got, err, test.account, test.device)
		}
	}
}

func TestRefusedLogins(t *testing.T) {
	rules := translate.LoginRules{DefaultDomain: "example.org", DeviceSeparator: "+"}
	for name, want := range map[string]string{
		"":                          "login name holds no account",
		"@example.org":              "login name holds no account",
		"+scanner":                  "login name holds no account",
		"+scanner@example.org":      "login name holds no account",
		"@example.org+scanner":      "login name holds no account",
		"boss@internal@example.org": "login name holds more than one @",
		"alice\x00":                 "login name holds a control octet",
		"alice\r\nA1 LOGOUT":        "login name holds a control octet",
		"alice\x7f":                 "login name holds a control octet",
		strings.Repeat("a", 1025):   "login name is longer than 1024 octets",
	} {
		if l, err := rules.Parse(name); err == nil || err.Error() != want {
			t.Errorf("%q: %+v, %v; want %s", name, l, err, want)
		}
	}
}

// Both spellings of one account and one device are one login.
func TestBothSpellingsOfADeviceAreOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules := translate.LoginRules{Lowercase: rapid.Bool().Draw(t, "lowercase"), DeviceSeparator: rapid.SampledFrom([]string{"+", "/", "++", "#"}).Draw(t, "separator")}
		local, domain, device := rapid.StringMatching(`[A-Za-z0-9.]{1,8}`).Draw(t, "local"), rapid.StringMatching(`[A-Za-z0-9-]{1,8}\.org`).Draw(t, "domain"), rapid.StringMatching(`[A-Za-z0-9._-]{1,8}`).Draw(t, "device")
		before, err := rules.Parse(local + rules.DeviceSeparator + device + "@" + domain)
		if err != nil {
			t.Fatal(err)
		}
		after, err := rules.Parse(local + "@" + domain + rules.DeviceSeparator + device)
		if err != nil || before != after || !strings.EqualFold(before.Account, local+"@"+domain) || !strings.EqualFold(before.Device, device) {
			t.Fatalf("%+v and %+v: %v", before, after, err)
		}
	})
}

func TestExpand(t *testing.T) {
	l := translate.Login{Account: "a@b@example.org", Device: "{user}"}
	for template, want := range map[string]string{
		"":                    "a@b@example.org",
		"{user}":              "a@b@example.org",
		"{local}@new.example": "a@b@new.example",
		"{domain}/{local}":    "example.org/a@b",
		"{device}":            "{user}", // what a device says is not expanded again
		"shared@example.org":  "shared@example.org",
	} {
		if got := l.Expand(template); got != want {
			t.Errorf("%q: %q, want %q", template, got, want)
		}
	}
	if got := (translate.Login{Account: "alice"}).Expand("{local}|{domain}"); got != "alice|" {
		t.Errorf("an account without domain: %q", got)
	}
}
