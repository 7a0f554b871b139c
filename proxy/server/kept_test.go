package server

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/translate"
)

// keeper is an upstream that keeps the connection of a login that has succeeded, and a ledger
// that can be asked with the lock.
type keeper struct {
	*store
	sync.Mutex
	asked  []string            // in its order
	placed translate.Placement // where the account is
	news   bool                // operators have asked something that is not done
	kept   bool
	dead   bool // the connection that is kept
	locks  int  // that are held
}

func (k *keeper) ask(what string) { k.asked = append(k.asked, what) }

// keptPage counts locks.
type keptPage struct {
	fakePage
	*keeper
	once *sync.Once
}

func (p keptPage) Close() error {
	p.once.Do(func() {
		p.keeper.Lock()
		defer p.keeper.Unlock()
		p.locks--
	})
	return p.fakePage.Close()
}

func (k *keeper) backend() backend.Backend {
	b := k.store.backend()
	openMailbox, openPage := b.OpenMailbox, b.OpenPage
	b.Kept = func(r backend.Request) bool {
		k.Lock()
		defer k.Unlock()
		return k.kept && r.Password.Reveal() == "secret"
	}
	b.Arrive = func(context.Context, string) (int64, translate.Placement, error) {
		k.Lock()
		defer k.Unlock()
		k.ask("arrive")
		k.news = false
		return 5, k.placed, nil
	}
	b.OpenMailbox = func(ctx context.Context, r backend.Request) (backend.Mailbox, error) {
		k.Lock()
		defer k.Unlock()
		if r.Kept {
			k.ask("wake " + r.Upstream.Name)
			if k.dead {
				return nil, translate.Temporary(errUpstream)
			}
		} else {
			k.ask("log in " + r.Upstream.Name)
		}
		m, err := openMailbox(ctx, r)
		k.kept = k.kept || err == nil
		return m, err
	}
	b.OpenPage = func(ctx context.Context, key backend.PageKey) (backend.Page, error) {
		k.Lock()
		defer k.Unlock()
		if a := key.Arrival; a == nil {
			k.ask("lock")
		} else {
			k.ask("arrive with the lock")
			if a.At = 5; k.news || k.placed.Held || k.placed.Disabled || a.Upstream != k.placed.Upstream {
				return nil, translate.InUse(errUpstream)
			}
		}
		p, err := openPage(ctx, key)
		if err != nil {
			return nil, err
		}
		k.locks++
		return keptPage{p.(fakePage), k, new(sync.Once)}, nil
	}
	return b
}

// TestEntersByAKeptConnection: who shows the password of a connection that waits has it woken,
// and all else is asked with the lock. Where the answer is not what it always is, and for
// everybody else, the login goes the usual way, and nothing stays behind of what was tried.
func TestEntersByAKeptConnection(t *testing.T) {
	usual := []string{"arrive", "log in mail", "lock"}
	short := []string{"wake mail", "arrive with the lock"}
	both := slices.Concat(short, usual)
	any := configs.Route{User: glob(t, "*"), Upstream: "mail", Maildrop: "default", Account: "@{account}"}
	either := any
	either.Login = configs.LoginEither
	for _, c := range []struct {
		name      string
		configure func(*configs.Config)
		change    func(*keeper)
		pass      string
		want      string   // what the device is told
		asked     []string // by its login
		next      []string // by one with the right password, when all is as it was
	}{
		{"as always", nil, nil, "secret", "+OK", short, short},
		{"a wrong password", nil, nil, "guess", "-ERR [AUTH]", usual[:2], short},
		{"operators have asked something", nil, func(k *keeper) { k.news = true }, "secret", "+OK", both, short},
		{"held", nil, func(k *keeper) { k.placed.Held = true }, "secret", "-ERR [SYS/TEMP]", both[:3], usual},
		{"held, and a wrong password", nil, func(k *keeper) { k.placed.Held = true }, "guess", "-ERR [SYS/TEMP]", usual[:1], usual},
		{"disabled", nil, func(k *keeper) { k.placed.Disabled = true }, "secret", "-ERR [AUTH]", both[:4], usual}, // a name that nobody has is asked for
		{"moved", nil, func(k *keeper) { k.placed.Upstream = "other" }, "secret", "+OK", slices.Concat(short, []string{"arrive", "log in other", "lock"}),
			slices.Concat([]string{"wake other", "arrive with the lock"}, usual)},
		{"the connection has died", nil, func(k *keeper) { k.dead = true }, "secret", "+OK", slices.Concat(short[:1], usual), short},
		{"nothing is kept", nil, func(k *keeper) { k.kept = false }, "secret", "+OK", usual, short},
		{"the mailbox cannot be listed", nil, func(k *keeper) { k.fail("List", translate.Temporary(errUpstream)) }, "secret", "-ERR [SYS/TEMP]", short, short},
		{"a directory is asked", func(cfg *configs.Config) { cfg.Lookup = map[string]configs.Lookup{"file": {Name: "file"}} }, nil, "secret", "+OK", usual, usual},
		{"device passwords", func(cfg *configs.Config) { cfg.Route = []configs.Route{either} }, nil, "secret", "+OK", usual, usual},
	} {
		t.Run(c.name, func(t *testing.T) {
			k, cfg := &keeper{store: newStore("one", "two")}, configuration()
			cfg.Upstream["other"], cfg.Route = configs.Upstream{Name: "other"}, []configs.Route{any}
			if c.configure != nil {
				c.configure(cfg)
			}
			server, stop := serving(t, hclog.NewNullLogger(), k.backend(), cfg)
			addr := server.Addresses()["pop3"].String()
			poll := func(which, pass, want string, asked []string) {
				t.Helper()
				k.Lock()
				k.asked = nil
				k.Unlock()
				d := connect(t, addr)
				defer d.close()
				d.says("USER alice@example.org", "+OK")
				d.says("PASS "+pass, want)
				if strings.HasPrefix(want, "+OK") {
					if n := server.EndBefore("alice@example.org", "", "a test", 5); n != 0 {
						t.Errorf("%s: what was asked before it has ended it", which)
					}
					d.says("STAT", "+OK 2 ")
					d.says("QUIT", "+OK")
				}
				k.Lock()
				defer k.Unlock()
				if !slices.Equal(k.asked, asked) {
					t.Errorf("%s asks %q, want %q", which, k.asked, asked)
				}
			}
			poll("the first login", "secret", "+OK", usual)
			if c.change != nil {
				k.Lock()
				c.change(k)
				k.Unlock()
			}
			poll("the login", c.pass, c.want, c.asked)
			k.Lock()
			k.placed, k.news, k.dead = translate.Placement{}, false, false
			k.fail("List", nil)
			k.Unlock()
			poll("the next", "secret", "+OK", c.next)
			stop()
			if _, closed, _ := k.state(); k.locks != 0 || closed["mailbox"] != k.opened["mailbox"] {
				t.Errorf("%d locks are held, %d of %d mailboxes were closed", k.locks, closed["mailbox"], k.opened["mailbox"])
			}
		})
	}
}

// TestKickOfWhoEntersByAKeptConnection: what operators ask behind the place that a login is
// given with its lock ends it.
func TestKickOfWhoEntersByAKeptConnection(t *testing.T) {
	k := &keeper{store: newStore("one")}
	b := k.backend()
	var kicks atomic.Pointer[Server]
	openPage := b.OpenPage
	b.OpenPage = func(ctx context.Context, key backend.PageKey) (backend.Page, error) {
		p, err := openPage(ctx, key)
		if server := kicks.Load(); server != nil {
			server.EndBefore("alice@example.org", "", "a test", 6)
		}
		return p, err
	}
	server, addr := running(t, b)
	d := connect(t, addr)
	d.says("USER alice@example.org", "+OK")
	d.says("PASS secret", "+OK")
	d.says("QUIT", "+OK")
	d.close()
	kicks.Store(server)
	kicked := connect(t, addr)
	t.Cleanup(kicked.close)
	kicked.says("USER alice@example.org", "+OK")
	kicked.send("PASS secret\r\n")
	if rest := kicked.rest(); rest != "" {
		t.Errorf("the login was told %q", rest)
	}
	k.Lock()
	defer k.Unlock()
	if !slices.Contains(k.asked, "arrive with the lock") {
		t.Errorf("it has asked %q", k.asked)
	}
}
