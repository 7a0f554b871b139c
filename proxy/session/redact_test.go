package session

import (
	"encoding/base64"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestNoSecretIsTraced(t *testing.T) {
	const password = "hunter2-of-alice"
	encoded := base64.StdEncoding.EncodeToString([]byte(password))
	rapid.Check(t, func(t *rapid.T) {
		verb := rapid.SampledFrom([]string{"PASS", "pass", "PASs", "PASS\t", " PASS", "PAS", "PASSS", "AUTH PLAIN", "auth\tlogin", "AUTH  XOAUTH2 ", "APOP alice", "\x00PASS", ""}).Draw(t, "verb")
		secret := rapid.SampledFrom([]string{password, encoded, " " + password, password + "\x00", password + "\r"}).Draw(t, "secret")
		line := verb + rapid.SampledFrom([]string{" ", "  ", "\t"}).Draw(t, "blank") + secret
		if got := redact("C", []byte(line), false); strings.Contains(got, password) || strings.Contains(got, encoded) {
			t.Fatalf("%q is traced as %q", line, got)
		}
		if got := redact("C", []byte(secret), true); got != "<redacted>" {
			t.Fatalf("a line of a SASL dialogue is traced as %q", got)
		}
	})
	for line, want := range map[string]string{"RETR 1": "RETR 1", "user alice": "user alice", "AUTH PLAIN": "AUTH PLAIN", "PASS x": "PASS <redacted>"} {
		if got := redact("C", []byte(line), false); got != want {
			t.Errorf("%q is traced as %q", line, got)
		}
	}
}
