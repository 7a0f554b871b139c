package translate

import "testing"

func TestSizes(t *testing.T) {
	for text, want := range map[string]Size{
		"0": 0, "1": 1, "1023": 1023, "1KB": 1024, "1 MB": 1 << 20, "3GB": 3 << 30, "8589934591GB": 8589934591 << 30,
	} {
		var s Size
		if err := s.UnmarshalText([]byte(text)); err != nil || s != want {
			t.Errorf("%q is %d octets, %v; want %d", text, s, err, want)
		}
		var again Size
		if err := again.UnmarshalText([]byte(s.String())); err != nil || again != s {
			t.Errorf("%d octets are written %q and read as %d, %v", s, s, again, err)
		}
	}
	for _, text := range []string{"", "KB", "1.5MB", "-1", "+1", "1kb", "1TB", "MB1", "8589934592GB", "99999999999999999999", "0x10"} {
		var s Size
		if err := s.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is taken for %d octets", text, s)
		}
	}
}
