package translate

import "testing"

func TestNearestNameIsASlipAway(t *testing.T) {
	names := []string{"address", "tls", "timeout", "parked"}
	for wrong, want := range map[string]string{
		"adress": "address", "addres": "address", "timout": "timeout", "tsl": "", "tl": "tls", "metrics": "", "": "", "park": "parked",
	} {
		if got, ok := Nearest(wrong, names); got != want || ok != (want != "") {
			t.Errorf("%q is taken for %q", wrong, got)
		}
	}
}
