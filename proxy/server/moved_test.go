package server

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/translate"
)

// TestMovedAccount: a login goes where the operator has moved the account, and one
// to a held account is put off, whatever its password; sessions that run go on.
func TestMovedAccount(t *testing.T) {
	s := newStore("a\r\n")
	b := s.backend()
	var at atomic.Pointer[translate.Placement]
	at.Store(&translate.Placement{})
	b.Placement = func(_ context.Context, account string) (translate.Placement, error) {
		w := at.Load()
		if w == nil || account != "alice@example.org" {
			return translate.Placement{}, translate.Temporary(errors.New("the ledger is gone"))
		}
		return *w, nil
	}
	var opened atomic.Value
	open := b.OpenMailbox
	b.OpenMailbox = func(ctx context.Context, r backend.Request) (backend.Mailbox, error) {
		opened.Store(r.Upstream.Name)
		return open(ctx, r)
	}
	cfg := configuration()
	cfg.Upstream["new"] = configs.Upstream{Name: "new"}
	cfg.Route = []configs.Route{{User: glob(t, "*"), Device: glob(t, "*"), Upstream: "mail", Maildrop: "default"}}
	server, addr := runningWith(t, b, cfg)
	enter := func(answer string) *device {
		t.Helper()
		d := connect(t, addr)
		t.Cleanup(d.close)
		d.says("USER alice@example.org", "+OK")
		d.says("PASS secret", answer)
		return d
	}
	before := enter("+OK")
	if opened.Load() != "mail" {
		t.Errorf("an account that was not moved is served from %v", opened.Load())
	}
	at.Store(&translate.Placement{Upstream: "new", Held: true})
	enter("-ERR [SYS/TEMP]").close()
	before.says("NOOP", "+OK")
	at.Store(&translate.Placement{Upstream: "new"})
	enter("+OK")
	if opened.Load() != "new" {
		t.Errorf("a moved account is served from %v", opened.Load())
	}
	if n := server.Sessions("alice@example.org"); n != 2 {
		t.Errorf("the account has %d sessions, want 2", n)
	}
	if n := server.Sessions("bob@example.org"); n != 0 {
		t.Errorf("another account has %d sessions", n)
	}
	at.Store(&translate.Placement{Upstream: "gone"})
	enter("-ERR [SYS/PERM]")
	at.Store(nil)
	enter("-ERR [SYS/TEMP]")
}

// TestALoginIsCountedBeforeItIsHeld: a login that is told that its account is not
// held counts as a session from before, or a move that begins meanwhile would not
// wait for it, however long others keep it from being tried.
func TestALoginIsCountedBeforeItIsHeld(t *testing.T) {
	b := newStore("a\r\n").backend()
	var server atomic.Pointer[Server]
	var sessions atomic.Int64
	b.Placement = func(_ context.Context, account string) (translate.Placement, error) {
		sessions.Store(int64(server.Load().Sessions(account)))
		return translate.Placement{}, nil
	}
	running, addr := runningWith(t, b, configuration())
	server.Store(running)
	attempt(t, addr, "alice@example.org+scanner", "secret", "+OK")
	if n := sessions.Load(); n != 1 {
		t.Errorf("the account has %d sessions when it is asked whether it is held, want 1", n)
	}
}
