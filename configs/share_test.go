package configs

import (
	"runtime"
	"testing"
)

// TestShare: what is equal is one, what differs stays apart whatever its name, and what was
// shared is not kept for those that come.
func TestShare(t *testing.T) {
	var s Sharer[Upstream]
	of := func(secret string, ignored ...string) *Upstream {
		return &Upstream{Name: "mail", MasterPassword: NewSecret(secret), Ignore: ignored}
	}
	one := s.Share("mail", of("a", "MOVE"))
	if again := s.Share("mail", of("a", "MOVE")); again != one {
		t.Error("what is equal is not shared")
	}
	for name, other := range map[string]*Upstream{"password": of("b", "MOVE"), "list": of("a", "IDLE")} {
		if got := s.Share("mail", other); got != other {
			t.Errorf("another %s, and it is shared", name)
		}
	}
	last := s.shared["mail"]
	for range 3 {
		runtime.GC()
	}
	if last.Value() != nil {
		t.Error("nobody holds it, and it is kept")
	}
	runtime.KeepAlive(one)
}
