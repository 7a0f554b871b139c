package translate

import (
	"bytes"
	"strings"
	"testing"

	"github.com/xdg-go/scram"
	"pgregory.net/rapid"
)

func TestDevicePasswordsAreFairAndTypeable(t *testing.T) {
	count := make(map[rune]int)
	seen := make(map[string]bool)
	const made = 20_000
	for range made {
		p := MakeDevicePassword()
		if read, ok := ReadDevicePassword(p); !ok || read != p || seen[p] {
			t.Fatalf("%q is read as %q, %v; made before: %v", p, read, ok, seen[p])
		}
		seen[p] = true
		for _, r := range p {
			count[r]++
		}
	}
	if len(count) != len(deviceAlphabet) {
		t.Errorf("%d letters are used of %d", len(count), len(deviceAlphabet))
	}
	// 18064 each, with a standard deviation of 132; octets that are not fair would
	// make it 1600 more for some.
	for r, n := range count {
		if mean := made * deviceLetters / len(deviceAlphabet); n < mean-800 || n > mean+800 {
			t.Errorf("%q comes %d times, %d is fair", r, n, mean)
		}
	}
}

func TestDevicePasswordsAsTyped(t *testing.T) {
	const password = "abcdefghjkmnpqrstuvwxyz23456"
	if got := GroupDevicePassword(password); got != "abcd-efgh-jkmn-pqrs-tuvw-xyz2-3456" {
		t.Errorf("grouped it is %s", got)
	}
	for typed, want := range map[string]bool{
		password: true, GroupDevicePassword(password): true, strings.ToUpper(password): true, "  abcd efgh jkmn pqrs - tuvw xyz2 3456 ": true,
		password[1:]: false, password + "a": false, strings.Replace(password, "a", "0", 1): false, strings.Replace(password, "a", "\x00", 1): false,
		"": false, "secret": false, strings.Replace(password, "ab", "ä", 1): false,
	} {
		if got, ok := ReadDevicePassword(typed); ok != want || ok && got != password {
			t.Errorf("%q is read as %q, %v", typed, got, ok)
		}
	}
}

// The library that devices' exchanges are checked with makes the same verifiers.
func TestVerifiersAreThoseOfSCRAM(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		password := MakeDevicePassword()
		salt := AccountSalt([]byte("key"), rapid.String().Draw(t, "account"))
		iterations := rapid.IntRange(1, 100).Draw(t, "iterations")
		client, err := scram.SHA256.NewClient("alice", password, "")
		if err != nil {
			t.Fatal(err)
		}
		want, err := client.GetStoredCredentialsWithError(scram.KeyFactors{Salt: string(salt), Iters: iterations})
		if err != nil {
			t.Fatal(err)
		}
		got, err := Verify(password, salt, iterations)
		if err != nil || !bytes.Equal(got.StoredKey[:], want.StoredKey) || !bytes.Equal(got.ServerKey[:], want.ServerKey) {
			t.Fatalf("got %x, want %x, %v", got, want, err)
		}
	})
}

func TestWhoseSaltItIs(t *testing.T) {
	a, again, b, other := AccountSalt([]byte("key"), "alice"), AccountSalt([]byte("key"), "alice"), AccountSalt([]byte("key"), "bob"), AccountSalt([]byte("other"), "alice")
	if len(a) != 16 || !bytes.Equal(a, again) || bytes.Equal(a, b) || bytes.Equal(a, other) {
		t.Errorf("%x %x %x %x", a, again, b, other)
	}
}

func TestWhichPasswordsALoginMayUse(t *testing.T) {
	k := Keyring{Passwords: []DevicePassword{{Device: "phone"}, {Device: "scanner"}}}
	for device, want := range map[string]int{"": 2, "scanner": 1, "phone": 1, "other": 0} {
		if got := k.For(device); len(got) != want || want == 1 && got[0].Device != device {
			t.Errorf("%q may use %v", device, got)
		}
	}
}
