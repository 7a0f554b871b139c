package proxy

import (
	"bytes"
	"encoding/base64"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/go-hclog"
	"pgregory.net/rapid"
)

// logger writes everything, at the finest level, where nobody reads it: what a
// trace would do wrong is done.
func logger(testing.TB) hclog.Logger {
	return hclog.New(&hclog.LoggerOptions{Level: hclog.Trace, Output: io.Discard})
}

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

// buffer takes the log of a running server.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func TestNoSecretIsLogged(t *testing.T) {
	var log buffer
	s := newStore("Subject: private matters\r\n\r\nbody\r\n")
	addr, stop := serve(t, hclog.New(&hclog.LoggerOptions{Level: hclog.Trace, Output: &log}), s.backend(), configuration())
	const password = "hunter2"
	plain := base64.StdEncoding.EncodeToString([]byte("\x00alice\x00" + password))
	d := connect(t, addr)
	d.says("USER alice", "+OK")
	d.says("PASS "+password, "-ERR [AUTH]")
	d.says("AUTH PLAIN "+plain, "-ERR [AUTH]")
	d.says("AUTH PLAIN", "+ ")
	d.says(plain, "-ERR [AUTH]")
	d.says("AUTH LOGIN", "+ VXNlcm5hbWU6")
	d.says(base64.StdEncoding.EncodeToString([]byte("alice")), "+ UGFzc3dvcmQ6")
	d.says(base64.StdEncoding.EncodeToString([]byte(password)), "-ERR [AUTH]")
	d.says("PSAS "+password, "-ERR unknown command")
	d.logIn()
	d.says("RETR 1", "+OK")
	d.lines()
	d.says("QUIT", "+OK")
	d.close()
	stop()
	for _, secret := range []string{password, plain, base64.StdEncoding.EncodeToString([]byte(password)), "PASS secret", "private matters"} {
		if strings.Contains(log.b.String(), secret) {
			t.Errorf("%q is in the log:\n%s", secret, log.b.String())
		}
	}
	if !strings.Contains(log.b.String(), "RETR 1") {
		t.Error("nothing was traced")
	}
}
