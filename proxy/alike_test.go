package proxy

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"popbridge/configs"
	"popbridge/translate"
)

// alike serves alice and bob by routes of their own, and nobody else.
func alike(t *testing.T, e *entered, takes configs.LoginWith) (server *Server, addr string) {
	t.Helper()
	cfg := configuration()
	for _, user := range []string{"alice@*", "bob@*"} {
		cfg.Route = append(cfg.Route, configs.Route{User: glob(t, user), Upstream: "mail", Maildrop: "default", Login: takes})
	}
	server, stop := serving(t, logger(t), e.backend(), cfg)
	t.Cleanup(stop)
	return server, server.Addresses()["pop3"].String()
}

// A name without a route is refused as late as the upstream refuses those that have
// one, and its password goes nowhere.
func TestANameWithoutARouteTakesAsLong(t *testing.T) {
	for name, takes := range map[string]configs.LoginWith{"upstream": configs.LoginUpstream, "either": configs.LoginEither} {
		t.Run(name, func(t *testing.T) {
			e := &entered{store: newStore("a\r\n")}
			server, addr := alike(t, e, takes)
			const took = 60 * time.Millisecond
			server.paces.note(paceKey{"mail", false}, took, errWrong)
			for _, user := range []string{"nobody@example.org", "carol@example.org"} {
				start := time.Now()
				attempt(t, addr, user, "wrong", "-ERR [AUTH] authentication failed")
				if got := time.Since(start); got < took {
					t.Errorf("%s was refused after %v, others are after %v", user, got, took)
				}
			}
			if e.login.Account != "" {
				t.Errorf("the upstream was asked for %q", e.login.Account)
			}
			attempt(t, addr, "alice@example.org", "wrong", "-ERR [AUTH] authentication failed")
			if p := server.paces.of[paceKey{"mail", false}]; p.n != 2 {
				t.Errorf("%d times are remembered", p.n)
			}
		})
	}
}

// Where it is not known how long the upstream takes, it is asked for a name and a
// password that are made up, once; and what trouble it has every name hears of.
func TestAnUpstreamIsAskedForNobody(t *testing.T) {
	e := &entered{store: newStore("a\r\n")}
	server, addr := alike(t, e, configs.LoginUpstream)
	attempt(t, addr, "carol@example.org", "wrong", "-ERR [AUTH]")
	asked := e.login
	if asked.Account == "" || strings.Contains(asked.Account, "carol") || !strings.HasSuffix(asked.Account, "@example.org") || asked.Password.Reveal() == "wrong" || asked.Password.Empty() {
		t.Errorf("the upstream was asked for %q with %q", asked.Account, asked.Password.Reveal())
	}
	e.login = Request{}
	for range 3 {
		attempt(t, addr, "carol@example.org", "wrong", "-ERR [AUTH]")
	}
	if e.login.Account != "" {
		t.Error("the upstream was asked again")
	}
	server.paces.note(paceKey{"mail", false}, 0, translate.Temporary(errors.New("gone")))
	attempt(t, addr, "carol@example.org", "wrong", "-ERR [AUTH]")
	if e.login.Account == "" {
		t.Error("behind the upstream's trouble it was not asked again")
	}
	d := connect(t, addr)
	defer d.close()
	server.paces.of = map[paceKey]*pace{}
	server.backend.OpenMailbox = func(context.Context, Request) (Mailbox, error) { return nil, translate.Temporary(errUpstream) }
	for _, user := range []string{"alice@example.org", "carol@example.org"} {
		d.logInAs(user, "wrong", "-ERR [SYS/TEMP]")
	}
}

// The ledger is asked for a name without a route as for others, and PBKDF2 is paid
// for: a password that could be a device's, also when the account has had its
// failures.
func TestADevicePasswordOfANameWithoutARoute(t *testing.T) {
	for name, takes := range map[string]configs.LoginWith{"device": configs.LoginDevice, "either": configs.LoginEither} {
		t.Run(name, func(t *testing.T) {
			e := &entered{store: newStore("a\r\n")}
			password := e.rack.hang(t, "carol@example.org", "scanner")
			server, addr := alike(t, e, takes)
			server.paces.note(paceKey{"mail", false}, 0, errWrong)
			asked := func(user, password string) int {
				t.Helper()
				before := len(e.rack.asked)
				attempt(t, addr, user, password, "-ERR ")
				return len(e.rack.asked) - before
			}
			gen := *server.current.Config
			gen.Limits.FailuresPerAccount, gen.Limits.FailureWindow = 2, patience
			if err := server.Configure(&gen); err != nil {
				t.Fatal(err)
			}
			for i := range 4 {
				wrong := translate.MakeDevicePassword()
				if a, c := asked("alice@example.org", wrong), asked("carol@example.org", wrong); a != c || a == 0 {
					t.Errorf("attempt %d: the ledger was asked %d times for a name with a route, %d times for one without", i, a, c)
				}
			}
			// A right password opens nothing where no route serves.
			attempt(t, addr, "carol@example.org", password, "-ERR ")
			if len(e.rack.used) != 0 || e.opened["mailbox"] != 0 {
				t.Error("a name without a route was let in")
			}
		})
	}
}
