package ledger_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"popbridge/proxy/ledger"
	"popbridge/proxy/ledger/secrets"
)

// keyOf is a key for secrets that a test can tell from others.
func keyOf(octet byte) []byte { return bytes.Repeat([]byte{octet}, secrets.KeyOctets) }

// keyed is the same place with other keys.
func (p place) keyed(keys ...[]byte) place {
	p.Keys = keys
	return p
}

func secretIs(t *testing.T, s *ledger.Store, kind, account, name, want string) {
	t.Helper()
	got, err := s.Secrets.Secret(context.Background(), kind, account, name)
	if err != nil || string(got) != want {
		t.Errorf("%s of %s, %q: %q, %v; want %q", kind, account, name, got, err, want)
	}
}

func puts(t *testing.T, s *ledger.Store, kind, account, name, secret string) {
	t.Helper()
	if err := s.Secrets.PutSecret(context.Background(), kind, account, name, []byte(secret)); err != nil {
		t.Fatal(err)
	}
}

func secretsAreKept(t *testing.T, at place) {
	ctx := context.Background()
	s := at.keyed(keyOf(1)).open(t)
	puts(t, s, "token", "alice@example.org", "mail", "first")
	puts(t, s, "token", "alice@example.org", "mail", "open sesame")
	puts(t, s, "token", "alice@example.org", "", "")
	puts(t, s, "apop", "alice@example.org", "mail", "\x00\xff")
	puts(t, s, "apop", "b\xffb@example.org", "mail", "for bob")
	secretIs(t, s, "token", "alice@example.org", "mail", "open sesame")
	secretIs(t, s, "token", "alice@example.org", "", "")
	secretIs(t, s, "apop", "alice@example.org", "mail", "\x00\xff")
	secretIs(t, s, "apop", "b\xffb@example.org", "mail", "for bob")
	if got, err := s.Secrets.Secret(ctx, "token", "carol@example.org", "mail"); !errors.Is(err, ledger.ErrUnknown) {
		t.Errorf("a secret that was never put is %q, %v", got, err)
	}
	swaps := func(old, secret string, want bool) {
		t.Helper()
		if swapped, err := s.Secrets.SwapSecret(ctx, "token", "alice@example.org", "mail", []byte(old), []byte(secret)); swapped != want || err != nil {
			t.Errorf("instead of %q: %v, %v", old, swapped, err)
		}
	}
	swaps("open sesame", "second", true)
	swaps("open sesame", "third", false)
	secretIs(t, s, "token", "alice@example.org", "mail", "second")
	for _, want := range []error{nil, ledger.ErrUnknown} {
		if err := s.Secrets.DropSecret(ctx, "token", "alice@example.org", "mail"); !errors.Is(err, want) {
			t.Errorf("dropping it: %v, want %v", err, want)
		}
	}
	swaps("second", "fourth", false)
	if got, err := s.Secrets.Secret(ctx, "token", "alice@example.org", "mail"); !errors.Is(err, ledger.ErrUnknown) {
		t.Errorf("a dropped secret is %q, %v", got, err)
	}
	if err := s.Forget(ctx, "alice@example.org"); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Secrets.Secret(ctx, "apop", "alice@example.org", "mail"); !errors.Is(err, ledger.ErrUnknown) {
		t.Errorf("a secret of a forgotten account is %q, %v", got, err)
	}
	secretIs(t, s, "apop", "b\xffb@example.org", "mail", "for bob")
}

// TestSecretsChangeTheirKey: what the old key has written is read with both, and after
// the change with the new one alone.
func TestSecretsChangeTheirKey(t *testing.T) {
	at := sqliteAt(t)
	ctx := context.Background()
	s := at.keyed(keyOf(1)).open(t)
	puts(t, s, "token", "alice@example.org", "", "of alice")
	puts(t, s, "token", "b\xffb@example.org", "", "of bob")
	closes(t, s)
	s = at.keyed(keyOf(2), keyOf(1)).open(t)
	secretIs(t, s, "token", "alice@example.org", "", "of alice")
	puts(t, s, "token", "carol@example.org", "", "of carol")
	if n, err := s.Secrets.Rotate(ctx); n != 2 || err != nil {
		t.Errorf("%d secrets were encrypted anew, %v; want 2", n, err)
	}
	if n, err := s.Secrets.Rotate(ctx); n != 0 || err != nil {
		t.Errorf("the second time %d secrets were encrypted anew, %v", n, err)
	}
	closes(t, s)
	s = at.keyed(keyOf(2)).open(t)
	secretIs(t, s, "token", "alice@example.org", "", "of alice")
	secretIs(t, s, "token", "b\xffb@example.org", "", "of bob")
	secretIs(t, s, "token", "carol@example.org", "", "of carol")
	closes(t, s)
	s = at.keyed(keyOf(3)).open(t)
	if got, err := s.Secrets.Secret(ctx, "token", "alice@example.org", ""); err == nil || !strings.Contains(err.Error(), "key that state.secrets_key does not contain") {
		t.Errorf("with another key the secret is %q, %v", got, err)
	}
	if n, err := s.Secrets.Rotate(ctx); n != 0 || err == nil || !strings.Contains(err.Error(), "3 of 3 secrets") {
		t.Errorf("with another key %d secrets were encrypted anew, %v", n, err)
	}
	closes(t, s)
	s = at.keyed().open(t)
	if got, err := s.Secrets.Secret(ctx, "token", "alice@example.org", ""); !errors.Is(err, secrets.ErrNoKey) {
		t.Errorf("without a key the secret is %q, %v", got, err)
	}
	if err := s.Secrets.PutSecret(ctx, "token", "alice@example.org", "", []byte("x")); !errors.Is(err, secrets.ErrNoKey) {
		t.Errorf("without a key a secret was put: %v", err)
	}
	if _, err := s.Secrets.Rotate(ctx); !errors.Is(err, secrets.ErrNoKey) {
		t.Errorf("without a key secrets were encrypted anew: %v", err)
	}
	if err := s.Secrets.DropSecret(ctx, "token", "alice@example.org", ""); err != nil {
		t.Errorf("dropping needs no key: %v", err)
	}
}

// TestSecretsStayInTheirRows: who can write the file can neither read a secret
// nor give an account the secret of another.
func TestSecretsStayInTheirRows(t *testing.T) {
	at := sqliteAt(t).keyed(keyOf(1))
	s := at.open(t)
	const secret = "open sesame, said Ali Baba"
	puts(t, s, "token", "alice", "", secret)
	puts(t, s, "token", "mallory", "", "of mallory")
	ledger.Damage(t, s, "UPDATE secrets SET data = (SELECT data FROM secrets WHERE account = 'alice') WHERE account = 'mallory'")
	if got, err := s.Secrets.Secret(context.Background(), "token", "mallory", ""); err == nil || !strings.Contains(err.Error(), "damaged or changed") {
		t.Errorf("a secret of another row is %q, %v", got, err)
	}
	secretIs(t, s, "token", "alice", "", secret)
	closes(t, s)
	files, err := filepath.Glob(at.Source + "*")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(data, []byte(secret)) || bytes.Contains(data, keyOf(1)) {
			t.Errorf("%s holds the secret or the key in clear", file)
		}
	}
}

func TestKeysForSecretsHaveTheirLength(t *testing.T) {
	refusesToOpen(t, ledger.Options{Driver: ledger.DriverMemory, Keys: [][]byte{keyOf(1), []byte("short")}}, "5 octets", "must have 32")
}
