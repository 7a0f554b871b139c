package login

import (
	"fmt"
	"testing"

	"popbridge/translate"
)

// TestDerivedKeysAreBounded: whoever fills it, it stays small, and what came last is
// there.
func TestDerivedKeysAreBounded(t *testing.T) {
	d := newDerivedKeys()
	for i := range 2*remembered + 100 {
		d.stored.Put([32]byte{byte(i), byte(i >> 8), byte(i >> 16)}, [32]byte{}, 0, 1)
	}
	d.keep("alice@example.org", "password", [32]byte{1})
	if got, err := d.storedKey("alice@example.org", "password", translate.Keyring{Salt: []byte("salt"), Iterations: 1}); err != nil || got != [32]byte{1} {
		t.Errorf("the newest is %v, %v", got, err)
	}
	found := 0
	for i := range 2*remembered + 100 {
		if _, ok := d.stored.Get([32]byte{byte(i), byte(i >> 8), byte(i >> 16)}, 0, 1); ok {
			found++
		}
	}
	if found > remembered {
		t.Errorf("%d keys are kept", found)
	}
	if got, err := d.storedKey("alice@example.org", "another", translate.Keyring{Salt: []byte("salt"), Iterations: 1}); err != nil || got == [32]byte{1} {
		t.Errorf("another password has the key %s, %v", fmt.Sprintf("%x", got[:4]), err)
	}
}
