package translate_test

import (
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
	"pgregory.net/rapid"

	"popbridge/translate"
)

func mustParse(t testing.TB, s string) translate.Format {
	t.Helper()
	f, err := translate.ParseFormat(s)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// UIDVALIDITY 1122867 is 0x112233 and UID 255 is 0xff; the values are written
// down by hand from what each server's own code does.
func TestPresetsSendWhatTheirServersSend(t *testing.T) {
	want := map[string]string{
		"dovecot":       "000000ff00112233",
		"dovecot-0.99":  "1122867.255",
		"uw":            "00112233000000ff",
		"cyrus":         "1122867.255",
		"cyrus-old":     "255",
		"courier-style": "1122867-255",
		"hmailserver":   "255",
		"stalwart":      "1122867255",
		"gmail":         "000000ff00112233", // where X-GM-MSGID is missing
	}
	for _, name := range translate.Presets() {
		f := mustParse(t, name)
		if got := string(f.Append(nil, 1122867, 255)); got != want[name] {
			t.Errorf("%s: %q, want %q", name, got, want[name])
		}
		if f.String() != name || f.NeedsGmailID() != (name == "gmail") {
			t.Errorf("%s: is called %s, needs Gmail's id: %v", name, f, f.NeedsGmailID())
		}
	}
	if len(want) != len(translate.Presets()) {
		t.Errorf("presets are %v", translate.Presets())
	}
}

func TestTemplates(t *testing.T) {
	for _, test := range []struct {
		template      string
		validity, uid uint32
		want          string
	}{
		{"%u", 1, 4294967295, "4294967295"},
		{"%v.%u", 4294967295, 1, "4294967295.1"},
		{"%Xu-%Xv", 0xABCDEF, 0xBEEF, "beef-abcdef"},
		{"%08Xu%04Xv", 0x12345678, 0xA, "0000000a5678"},
		{"%010u", 0, 42, "0000000042"},
		{"%012u", 0, 42, "000000000042"},
		{"UID%u-%v", 7, 9, "UID9-7"},
		{"100%%%u", 7, 9, "100%9"},
		{"%08Xu%08Xv", 4294967295, 4294967295, "ffffffffffffffff"},
	} {
		if got := string(mustParse(t, test.template).Append([]byte("> "), test.validity, imap.UID(test.uid))); got != "> "+test.want {
			t.Errorf("%s of %d, %d: %q, want %q", test.template, test.validity, test.uid, got, test.want)
		}
	}
	var zero translate.Format
	if got := string(zero.Append(nil, 1122867, 255)); got != "000000ff00112233" || zero.String() != "dovecot" {
		t.Errorf("the zero Format is %s and gives %q", zero, got)
	}
}

func TestRefusedTemplatesSayWhy(t *testing.T) {
	for template, want := range map[string]string{
		"courier":                         `"courier" is neither a preset (courier-style, cyrus, cyrus-old, dovecot, dovecot-0.99, gmail, hmailserver, stalwart, uw) nor a template such as "%08Xu%08Xv"`,
		"":                                `"" is neither a preset (courier-style, cyrus, cyrus-old, dovecot, dovecot-0.99, gmail, hmailserver, stalwart, uw) nor a template such as "%08Xu%08Xv"`,
		"%v":                              `template "%v": it has no %u, so all messages would get one unique-id`,
		"%%u":                             `template "%%u": it has no %u, so all messages would get one unique-id`,
		"%04Xu":                           `template "%04Xu": a width of 4 cuts UIDs so that two messages could get one unique-id; use %u, %08Xu or %010u`,
		"%08u":                            `template "%08u": a width of 8 cuts UIDs so that two messages could get one unique-id; use %u, %08Xu or %010u`,
		"%8Xu":                            `template "%8Xu": a width begins with 0, as in %08Xu, not %8`,
		"%0u":                             `template "%0u": a width begins with 0, as in %08Xu, not %0`,
		"%071u":                           `template "%071u": width 071 is too large`,
		"%099999999999999999999u":         `template "%099999999999999999999u": width 099999999999999999999 is too large`,
		"%u%":                             `template "%u%": it ends in the middle of a variable`,
		"%u%08X":                          `template "%u%08X": it ends in the middle of a variable`,
		"%u%g":                            `template "%u%g": %g needs the server's own files, which IMAP does not show; only %u and %v can be computed`,
		"%f":                              `template "%f": %f needs the server's own files, which IMAP does not show; only %u and %v can be computed`,
		"%u%d":                            `template "%u%d": variable "%d" is not known; %u is the UID, %v the UIDVALIDITY`,
		"%u v":                            `template "%u v": character 0x20 is not allowed in a unique-id; 0x21 to 0x7e are`,
		"%u\x7f":                          `template "%u\x7f": character 0x7f is not allowed in a unique-id; 0x21 to 0x7e are`,
		"ü%u":                             `template "ü%u": character 0xc3 is not allowed in a unique-id; 0x21 to 0x7e are`,
		strings.Repeat("x", 61) + "%u":    `template "` + strings.Repeat("x", 61) + `%u": it can become 71 characters long; RFC 1939 allows 70`,
		strings.Repeat("%08Xu", 8) + "%u": `template "` + strings.Repeat("%08Xu", 8) + `%u": it can become 74 characters long; RFC 1939 allows 70`,
	} {
		_, err := translate.ParseFormat(template)
		if err == nil || err.Error() != want {
			t.Errorf("%q: %v\nwant %s", template, err, want)
		}
		f := mustParse(t, "uw")
		if f.UnmarshalText([]byte(template)) == nil || f.String() != "uw" {
			t.Errorf("%q: a refused text changed the format to %s", template, f)
		}
	}
}

var templates = rapid.Custom(func(t *rapid.T) string {
	piece := rapid.OneOf(
		rapid.SampledFrom([]string{"%u", "%v", "%Xu", "%Xv", "%08Xu", "%08Xv", "%010u", "%04Xv", "%%", "."}),
		rapid.StringMatching(`[!-~]{0,4}`),
	)
	return strings.Join(rapid.SliceOfN(piece, 1, 9).Draw(t, "pieces"), "")
})

// checkFormat holds for every template that is accepted: unique-ids are valid,
// two UIDs never share one, and the text can be read back.
func checkFormat(t interface{ Fatalf(string, ...any) }, template string, validity uint32, a, b imap.UID) {
	f, err := translate.ParseFormat(template)
	if err != nil {
		return
	}
	first, second := string(f.Append(nil, validity, a)), string(f.Append(nil, validity, b))
	for _, id := range []string{first, second} {
		if len(id) < 1 || len(id) > 70 || strings.ContainsFunc(id, func(r rune) bool { return r < 0x21 || r > 0x7E }) {
			t.Fatalf("%q gives %q for %d and %d", template, id, a, b)
		}
		if !translate.ValidUniqueID(id) {
			t.Fatalf("%q is not taken for a valid unique-id", id)
		}
	}
	if (first == second) != (a == b) {
		t.Fatalf("%q gives %q for UID %d and %q for UID %d", template, first, a, second, b)
	}
	text, err := f.MarshalText()
	if err != nil {
		t.Fatalf("%q cannot be written: %v", template, err)
	}
	var again translate.Format
	if err := again.UnmarshalText(text); err != nil || string(again.Append(nil, validity, a)) != first {
		t.Fatalf("%q is written as %q, which gives something else: %v", template, text, err)
	}
}

func TestFormatsGiveDistinctValidUniqueIDs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		checkFormat(t, templates.Draw(t, "template"), rapid.Uint32().Draw(t, "UIDVALIDITY"),
			imap.UID(rapid.Uint32().Draw(t, "UID")), imap.UID(rapid.Uint32().Draw(t, "other UID")))
	})
}

func FuzzFormat(f *testing.F) {
	for _, preset := range translate.Presets() {
		f.Add(preset, uint32(1), uint32(1), uint32(2))
	}
	f.Add("%08Xu%04Xv", uint32(0xFFFFFFFF), uint32(0xFFFFFFFF), uint32(0x0FFFFFFF))
	f.Add("%010u%%x", uint32(0), uint32(4294967295), uint32(429496729))
	f.Fuzz(func(t *testing.T, template string, validity, a, b uint32) {
		checkFormat(t, template, validity, imap.UID(a), imap.UID(b))
	})
}

func TestGmailUniqueID(t *testing.T) {
	if got := translate.GmailUniqueID(0x14ABCDEF); got != "GmailId14abcdef" {
		t.Errorf("%q", got)
	}
}
