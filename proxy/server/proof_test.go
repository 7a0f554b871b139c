package server

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/pop3"
	"popbridge/translate"
)

// elsewhere is an upstream that knows the passwords of an account whose own is
// entered as a master user.
type elsewhere struct {
	*entered
	mu     sync.Mutex
	answer error
	asked  int
}

func (e *elsewhere) backend() backend.Backend {
	b := e.entered.backend()
	open := b.OpenMailbox
	b.OpenMailbox = func(ctx context.Context, r backend.Request) (backend.Mailbox, error) {
		if r.Upstream.Name != "old" {
			return open(ctx, r)
		}
		e.mu.Lock()
		defer e.mu.Unlock()
		e.asked++
		if e.answer != nil {
			return nil, e.answer
		}
		return open(ctx, backend.Request{Upstream: r.Upstream, Password: configs.NewSecret("secret")})
	}
	return b
}

// says sets what it answers to a login from now on.
func (e *elsewhere) says(answer error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.answer = answer
}

func (e *elsewhere) times() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.asked
}

func newElsewhere(t *testing.T, reauth time.Duration) (*elsewhere, *Server, string) {
	t.Helper()
	e := &elsewhere{entered: &entered{store: newStore("a\r\n")}}
	cfg := configuration()
	cfg.Upstream["mail"] = configs.Upstream{Name: "mail", Auth: configs.AuthMaster, VerifyLogin: "old"}
	cfg.Upstream["old"] = configs.Upstream{Name: "old", Protocol: configs.ProtocolPOP3, Reauth: reauth}
	cfg.Route = []configs.Route{{User: glob(t, "*"), Device: glob(t, "*"), Upstream: "mail", Maildrop: "default"}}
	server, addr := runningWith(t, e.backend(), cfg)
	return e, server, addr
}

// Only who has looked at the password may say [IN-USE] and let the device in: an old
// server that is busy before that, or says so in its own words, has proved nothing.
func TestInUseProvesAPasswordThatWasSeen(t *testing.T) {
	e, _, addr := newElsewhere(t, 0)
	for _, test := range []struct {
		said pop3.ReplyError
		want string
	}{
		{pop3.ReplyError{Command: "greeting", Code: "IN-USE"}, "-ERR [IN-USE]"},
		{pop3.ReplyError{Command: "USER", Code: "IN-USE"}, "-ERR [IN-USE]"},
		{pop3.ReplyError{Command: "PASS", Text: "mailbox is locked"}, "-ERR [IN-USE]"},
		{pop3.ReplyError{Command: "PASS", Code: "IN-USE"}, "+OK"},
		{pop3.ReplyError{Command: "AUTH", Code: "IN-USE"}, "+OK"},
	} {
		e.says(translate.InUse(fmt.Errorf("upstream: %w", &test.said)))
		t.Log(test.said.Error())
		attempt(t, addr, "alice@example.org", "whatever", test.want)
	}
}

// A proof is good for reauth, and until the account is logged out.
func TestProofsEnd(t *testing.T) {
	e, server, addr := newElsewhere(t, time.Hour)
	attempt(t, addr, "alice@example.org", "right", "+OK")
	e.says(translate.BadCredentials(errUpstream))
	attempt(t, addr, "alice@example.org", "right", "+OK")
	if n := e.times(); n != 1 {
		t.Errorf("the other upstream was asked %d times, want once", n)
	}
	server.ForgetProofs()
	attempt(t, addr, "alice@example.org", "right", "-ERR [AUTH]")
}
