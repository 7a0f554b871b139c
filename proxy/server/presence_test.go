package server

import (
	"context"
	"slices"
	"testing"

	"popbridge/proxy/backend"
	"popbridge/translate"
)

// TestPresent: sessions are shown from when they have named their account to when
// they have nothing left to do, with the state that they are in.
func TestPresent(t *testing.T) {
	s := newStore("a\r\n")
	b := s.backend()
	var server *Server
	states := make(chan string, 100) // the devices that stay look too, when the test ends and they leave
	look := func() {
		for _, p := range server.Present("alice@example.org") {
			states <- p.State
		}
	}
	open := b.OpenMailbox
	b.OpenMailbox = func(ctx context.Context, r backend.Request) (backend.Mailbox, error) {
		look()
		m, err := open(ctx, r)
		if err != nil {
			return nil, err
		}
		return looksAtApply{m, look}, nil
	}
	server, addr := running(t, b)
	enter := func(user, password, answer string) *device {
		d := connect(t, addr)
		t.Cleanup(d.close)
		d.says("USER "+user, "+OK")
		d.says("PASS "+password, answer)
		return d
	}
	silent := connect(t, addr)
	t.Cleanup(silent.close)
	enter("alice+scanner@example.org", "wrong", "-ERR [AUTH]")
	alice := enter("alice+scanner@example.org", "secret", "+OK")
	enter("bob@example.org", "secret", "+OK")
	all := server.Present("")
	if len(all) != 2 || all[0].Account != "alice@example.org" || all[1].Account != "bob@example.org" || all[0].Since.After(all[1].Since) {
		t.Fatalf("present are %+v", all)
	}
	got := all[0]
	got.Since = all[1].Since
	if want := (backend.SessionInfo{Account: "alice@example.org", Device: "scanner", Client: "127.0.0.1", Listener: "pop3", Upstream: "mail", State: backend.StateTransaction, Since: all[1].Since}); got != want {
		t.Errorf("present is %+v, want %+v", got, want)
	}
	if n := len(server.Present("carol@example.org")); n != 0 {
		t.Errorf("%d sessions of somebody else", n)
	}
	alice.says("DELE 1", "+OK")
	alice.says("QUIT", "+OK")
	var seen []string
	for len(states) > 0 {
		seen = append(seen, <-states)
	}
	if want := []string{backend.StateAuthorization, backend.StateAuthorization, backend.StateTransaction, backend.StateUpdate}; !slices.Equal(seen, want) {
		t.Errorf("in a failed login, a login, another's login, and QUIT the states are %q, want %q", seen, want)
	}
}

// looksAtApply is a mailbox that looks around while it carries out a plan.
type looksAtApply struct {
	backend.Mailbox
	look func()
}

func (m looksAtApply) Apply(ctx context.Context, ops []translate.Op) (translate.Outcome, error) {
	m.look()
	return m.Mailbox.Apply(ctx, ops)
}
