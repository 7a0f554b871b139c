package ledger_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"popbridge/proxy/ledger"
	"popbridge/proxy/ledger/events"
	"popbridge/proxy/ledger/secrets"
	"popbridge/translate"
)

const alice = "alice@example.org"

func keyring(t *testing.T, s *ledger.Store, account string) translate.Keyring {
	t.Helper()
	k, err := s.Secrets.Keyring(context.Background(), account)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func verifier(first byte) (v translate.Verifier) {
	v.StoredKey[0], v.ServerKey[31] = first, first
	return v
}

func readables(t *testing.T, s *ledger.Store, account string) map[string][]byte {
	t.Helper()
	passwords, err := s.Secrets.ReadableDevicePasswords(context.Background(), account)
	if err != nil {
		t.Fatal(err)
	}
	return passwords
}

func devicePasswordsAreKept(t *testing.T, at place) {
	at = at.keyed(keyOf(1))
	s := at.open(t)
	ctx := context.Background()
	began := time.Now().Add(-time.Second)
	none := keyring(t, s, alice)
	if len(none.Salt) != 16 || none.Iterations != 4096 || len(none.Passwords) > 0 {
		t.Errorf("an account without a password: %+v", none)
	}
	scanner := translate.DevicePassword{Device: "scan\xffner", Verifier: verifier(1)}
	phone := translate.DevicePassword{Device: "phone", Verifier: verifier(2), Readable: true}
	for _, p := range []translate.DevicePassword{scanner, phone} {
		var clear []byte
		if p.Readable {
			clear = []byte("in clear")
		}
		if err := s.Secrets.AddDevicePassword(ctx, alice, "2nd floor", p, clear); err != nil {
			t.Fatal(err)
		}
		if err := s.Secrets.AddDevicePassword(ctx, alice, "", p, []byte("another")); !errors.Is(err, secrets.ErrHasPassword) {
			t.Errorf("given twice: %v", err)
		}
	}
	if err := s.Secrets.AddDevicePassword(ctx, "bob", "", scanner, []byte("bob's")); err != nil {
		t.Fatal(err)
	}
	if at.lasts {
		closes(t, s)
		s = at.open(t)
	}
	k := keyring(t, s, alice)
	if !bytes.Equal(k.Salt, none.Salt) || len(k.Passwords) != 2 || !slices.Contains(k.Passwords, phone) || !slices.Contains(k.Passwords, scanner) {
		t.Errorf("keyring %+v", k)
	}
	if bob := keyring(t, s, "bob"); bytes.Equal(bob.Salt, k.Salt) || len(bob.Passwords) != 1 {
		t.Errorf("another account's keyring %+v", bob)
	}
	list, err := s.Secrets.DevicePasswords(ctx, alice)
	if err != nil || len(list) != 2 {
		t.Errorf("listed %+v, %v", list, err)
	}
	for _, p := range list {
		if p.Label != "2nd floor" || p.Readable != (p.Device == "phone") || !p.LastUsed.IsZero() || p.Created.Before(began) || p.Device != "phone" && p.Device != scanner.Device {
			t.Errorf("listed is %+v", p)
		}
	}
	d, err := s.Account(ctx, alice)
	if err != nil || len(d.Passwords) != 2 || len(d.Added) != 2 {
		t.Errorf("account %+v, %v", d, err)
	}
	if readable := readables(t, s, alice); len(readable) != 1 || string(readable["phone"]) != "in clear" {
		t.Errorf("readable are %q", readable)
	}
	if readable := readables(t, s, "bob"); string(readable[scanner.Device]) != "bob's" {
		t.Errorf("another account's are %q", readable)
	}
	told := listens(t, s)
	if err := s.Secrets.RevokeDevicePassword(ctx, alice, "phone"); err != nil {
		t.Fatal(err)
	}
	if err := s.Secrets.RevokeDevicePassword(ctx, alice, "phone"); !errors.Is(err, ledger.ErrUnknown) {
		t.Errorf("revoked twice: %v", err)
	}
	if err := s.RemoveDevice(ctx, alice, scanner.Device); err != nil {
		t.Fatal(err)
	}
	k = keyring(t, s, alice)
	if len(k.Passwords) > 0 || len(k.Revoked) != 2 {
		t.Errorf("after revoke and remove: %+v", k)
	}
	for _, r := range k.Revoked {
		was := map[string]translate.Verifier{"phone": phone.Verifier, scanner.Device: scanner.Verifier}[r.Device]
		if r.StoredKey != was.StoredKey || r.At.Before(began) {
			t.Errorf("revoked is %+v", r)
		}
	}
	phone.Verifier = verifier(3)
	if err := s.Secrets.AddDevicePassword(ctx, alice, "", phone, nil); err != nil {
		t.Fatal(err)
	}
	if k := keyring(t, s, alice); len(k.Passwords) != 1 || len(k.Revoked) != 2 {
		t.Errorf("with a new password in the place of a revoked one: %+v", k)
	}
	if err := s.Secrets.RevokeDevicePassword(ctx, alice, "phone"); err != nil {
		t.Fatal(err)
	}
	if k := keyring(t, s, alice); len(k.Revoked) != 2 || !slices.ContainsFunc(k.Revoked, func(r translate.RevokedPassword) bool { return r.StoredKey == phone.StoredKey }) {
		t.Errorf("revoked again: %+v", k)
	}
	if err := s.Forget(ctx, "bob"); err != nil {
		t.Fatal(err)
	}
	if k := keyring(t, s, "bob"); len(k.Passwords)+len(k.Revoked) > 0 {
		t.Errorf("after forget: %+v", k)
	}
	if left := len(readables(t, s, alice)) + len(readables(t, s, "bob")); left > 0 {
		t.Errorf("%d passwords can still be read", left)
	}
	if at.lasts {
		told.hears(t, events.Event{Kind: events.Revoked, Account: alice, Device: "phone"},
			events.Event{Kind: events.Revoked, Account: alice, Device: scanner.Device}, events.Event{Kind: events.Revoked, Account: alice, Device: "phone"}, events.Event{Kind: events.Revoked, Account: "bob"})
	}
}

// A device polls every minute; that it does is written once an hour.
func theLastUseIsWrittenOnceAnHour(t *testing.T, at place) {
	s := at.open(t)
	ctx := context.Background()
	if err := s.Secrets.AddDevicePassword(ctx, alice, "", translate.DevicePassword{Device: "scanner", Verifier: verifier(1)}, nil); err != nil {
		t.Fatal(err)
	}
	began := time.Now().Add(-time.Second)
	use := func() (writes int64, k translate.Keyring) {
		t.Helper()
		before := ledger.Writes(s)
		if err := s.Secrets.UsedDevicePassword(ctx, alice, keyring(t, s, alice).Passwords[0]); err != nil {
			t.Fatal(err)
		}
		return ledger.Writes(s) - before, keyring(t, s, alice)
	}
	if writes, k := use(); writes != 1 || k.Passwords[0].LastUsed.Before(began) {
		t.Errorf("the first use: %d writes, %v", writes, k.Passwords[0].LastUsed)
	}
	if writes, _ := use(); writes != 0 {
		t.Errorf("the second use: %d writes", writes)
	}
	ledger.Damage(t, s, "UPDATE device_passwords SET used_at = used_at - 3600000")
	if writes, k := use(); writes != 1 || k.Passwords[0].LastUsed.Before(began) {
		t.Errorf("an hour later: %d writes, %v", writes, k.Passwords[0].LastUsed)
	}
}

// Without the key a readable password cannot be made, and not be read; the device
// goes on to log in with what needs only the verifier.
func readableDevicePasswordsNeedTheKey(t *testing.T, at place) {
	if !at.lasts {
		t.Log("in memory the ledger has a key of its own")
		return
	}
	ctx := context.Background()
	p := translate.DevicePassword{Device: "scanner", Verifier: verifier(1)}
	s := at.open(t)
	if err := s.Secrets.AddDevicePassword(ctx, alice, "", p, []byte("in clear")); !errors.Is(err, secrets.ErrNoKey) {
		t.Errorf("without a key: %v", err)
	}
	if k := keyring(t, s, alice); len(k.Passwords) > 0 {
		t.Errorf("a password was made that its device cannot use: %+v", k)
	}
	closes(t, s)
	s = at.keyed(keyOf(1)).open(t)
	if err := s.Secrets.AddDevicePassword(ctx, alice, "", p, []byte("in clear")); err != nil {
		t.Fatal(err)
	}
	closes(t, s)
	s = at.keyed(keyOf(2)).open(t)
	if _, err := s.Secrets.ReadableDevicePasswords(ctx, alice); !refusedWith(err, translate.CodeSysPerm) {
		t.Errorf("with another key: %v", err)
	}
	if k := keyring(t, s, alice); len(k.Passwords) != 1 {
		t.Errorf("with another key: %+v", k)
	}
}
