package imapbox_test

import (
	"reflect"
	"testing"

	"popbridge/translate"
)

// TestCapabilitiesAreShared: sessions keep what the server announces as long as
// they live, and thousands of them keep it once.
func TestCapabilitiesAreShared(t *testing.T) {
	s := newSite(t)
	alice, bob := s.openAs("alice"), s.openAs("bob")
	s.list(alice, translate.Listing{})
	s.list(bob, translate.Listing{})
	a, b := alice.Server().Caps, bob.Server().Caps
	if len(a) == 0 || reflect.ValueOf(a).Pointer() != reflect.ValueOf(b).Pointer() {
		t.Errorf("%v is kept twice", a)
	}
	s.close(alice)
	s.close(bob)
}
