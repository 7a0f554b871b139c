package ledger_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"popbridge/proxy/ledger"
	"popbridge/translate"
)

const alice = "alice@example.org"

func keyring(t *testing.T, s *ledger.Store, account string) translate.Keyring {
	t.Helper()
	k, err := s.Keyring(context.Background(), account)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func verifier(first byte) (v translate.Verifier) {
	v.StoredKey[0], v.ServerKey[31] = first, first
	return v
}

func devicePasswordsAreKept(t *testing.T, at place) {
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
		if err := s.AddDevicePassword(ctx, alice, "2nd floor", p); err != nil {
			t.Fatal(err)
		}
		if err := s.AddDevicePassword(ctx, alice, "", p); !errors.Is(err, ledger.ErrHasPassword) {
			t.Errorf("given twice: %v", err)
		}
	}
	if err := s.AddDevicePassword(ctx, "bob", "", scanner); err != nil {
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
	list, err := s.DevicePasswords(ctx, alice)
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
	told := listens(t, s)
	if err := s.RevokeDevicePassword(ctx, alice, "phone"); err != nil {
		t.Fatal(err)
	}
	if err := s.RevokeDevicePassword(ctx, alice, "phone"); !errors.Is(err, ledger.ErrUnknown) {
		t.Errorf("revoked twice: %v", err)
	}
	if err := s.RemoveDevice(ctx, alice, scanner.Device); err != nil {
		t.Fatal(err)
	}
	if k := keyring(t, s, alice); len(k.Passwords) > 0 {
		t.Errorf("after revoke and remove: %+v", k)
	}
	if err := s.Forget(ctx, "bob"); err != nil {
		t.Fatal(err)
	}
	if k := keyring(t, s, "bob"); len(k.Passwords) > 0 {
		t.Errorf("after forget: %+v", k)
	}
	if at.lasts {
		told.hears(t, ledger.Change{Kind: ledger.Revoked, Account: alice, Device: "phone"},
			ledger.Change{Kind: ledger.Revoked, Account: alice, Device: scanner.Device}, ledger.Change{Kind: ledger.Revoked, Account: "bob"})
	}
}

// A device polls every minute; that it does is written once an hour.
func theLastUseIsWrittenOnceAnHour(t *testing.T, at place) {
	s := at.open(t)
	ctx := context.Background()
	if err := s.AddDevicePassword(ctx, alice, "", translate.DevicePassword{Device: "scanner", Verifier: verifier(1)}); err != nil {
		t.Fatal(err)
	}
	began := time.Now().Add(-time.Second)
	use := func() (writes int64, k translate.Keyring) {
		t.Helper()
		before := ledger.Writes(s)
		if err := s.UsedDevicePassword(ctx, alice, keyring(t, s, alice).Passwords[0]); err != nil {
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
