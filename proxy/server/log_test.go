package server

import (
	"bytes"
	"encoding/base64"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/go-hclog"
)

// logger writes everything, at the finest level, where nobody reads it: what a
// trace would do wrong is done.
func logger(testing.TB) hclog.Logger {
	return hclog.New(&hclog.LoggerOptions{Level: hclog.Trace, Output: io.Discard})
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
