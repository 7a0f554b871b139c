package server

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/translate"
)

// slow is an upstream that takes its time, or has trouble.
type slow struct {
	*entered
	takes   time.Duration
	trouble atomic.Bool
}

// alike serves alice and bob by routes of their own, and nobody else.
func (u *slow) alike(t *testing.T, takes configs.LoginWith) (server *Server, addr string) {
	t.Helper()
	cfg := configuration()
	for _, user := range []string{"alice@*", "bob@*"} {
		cfg.Route = append(cfg.Route, configs.Route{User: glob(t, user), Upstream: "mail", Maildrop: "default", Login: takes})
	}
	b := u.backend()
	open := b.OpenMailbox
	b.OpenMailbox = func(ctx context.Context, r backend.Request) (backend.Mailbox, error) {
		time.Sleep(u.takes)
		if u.trouble.Load() {
			return nil, translate.Temporary(errUpstream)
		}
		return open(ctx, r)
	}
	server, stop := serving(t, logger(t), b, cfg)
	t.Cleanup(stop)
	return server, server.Addresses()["pop3"].String()
}

// A name without a route is refused as late as the upstream refuses those that have
// one, and its password goes nowhere.
func TestANameWithoutARouteTakesAsLong(t *testing.T) {
	for name, takes := range map[string]configs.LoginWith{"upstream": configs.LoginUpstream, "either": configs.LoginEither} {
		t.Run(name, func(t *testing.T) {
			u := &slow{entered: &entered{store: newStore("a\r\n")}, takes: 60 * time.Millisecond}
			_, addr := u.alike(t, takes)
			attempt(t, addr, "alice@example.org", "wrong", "-ERR [AUTH] authentication failed")
			u.login = backend.Request{}
			for _, user := range []string{"nobody@example.org", "carol@example.org"} {
				start := time.Now()
				attempt(t, addr, user, "wrong", "-ERR [AUTH] authentication failed")
				if got := time.Since(start); got < u.takes {
					t.Errorf("%s was refused after %v, others are after %v", user, got, u.takes)
				}
			}
			if u.login.Account != "" {
				t.Errorf("the upstream was asked for %q", u.login.Account)
			}
		})
	}
}

// Where it is not known how long the upstream takes, it is asked for a name and a
// password that are made up, once; and what trouble it has every name hears of.
func TestAnUpstreamIsAskedForNobody(t *testing.T) {
	u := &slow{entered: &entered{store: newStore("a\r\n")}}
	_, addr := u.alike(t, configs.LoginUpstream)
	attempt(t, addr, "carol@example.org", "wrong", "-ERR [AUTH]")
	asked := u.login
	if asked.Account == "" || strings.Contains(asked.Account, "carol") || !strings.HasSuffix(asked.Account, "@example.org") || asked.Password.Reveal() == "wrong" || asked.Password.Empty() {
		t.Errorf("the upstream was asked for %q with %q", asked.Account, asked.Password.Reveal())
	}
	u.login = backend.Request{}
	for range 3 {
		attempt(t, addr, "carol@example.org", "wrong", "-ERR [AUTH]")
	}
	if u.login.Account != "" {
		t.Error("the upstream was asked again")
	}
	u.trouble.Store(true)
	for _, user := range []string{"alice@example.org", "carol@example.org"} {
		attempt(t, addr, user, "wrong", "-ERR [SYS/TEMP]")
	}
	u.trouble.Store(false)
	attempt(t, addr, "carol@example.org", "wrong", "-ERR [AUTH]")
	if u.login.Account == "" {
		t.Error("behind the upstream's trouble it was not asked again")
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
			server, addr := (&slow{entered: e}).alike(t, takes)
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
