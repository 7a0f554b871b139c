package server

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/translate"
)

// rack keeps device passwords in memory.
type rack struct {
	mu    sync.Mutex
	rings map[string]translate.Keyring
	clear map[string]map[string][]byte // those that can be read
	used  []string
	asked []string
	fault error
	once  bool // what was asked for is taken away
}

// hang gives a device a password, which it returns.
func (r *rack) hang(t tester, account, device string) string {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.rings == nil {
		r.rings = make(map[string]translate.Keyring)
	}
	k := r.ring(account)
	password := translate.MakeDevicePassword()
	v, err := translate.Verify(password, k.Salt, k.Iterations)
	if err != nil {
		t.Fatal(err)
	}
	k.Passwords = append(k.Passwords, translate.DevicePassword{Device: device, Verifier: v})
	r.rings[account] = k
	return password
}

// take takes all passwords of an account away.
func (r *rack) take(account string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.rings, account)
}

func (r *rack) ring(account string) translate.Keyring {
	if k, ok := r.rings[account]; ok {
		return k
	}
	return translate.Keyring{Salt: translate.AccountSalt([]byte("of the ledger"), account), Iterations: 4096}
}

func (r *rack) Keyring(_ context.Context, account string) (translate.Keyring, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked = append(r.asked, account)
	k := r.ring(account)
	if r.once {
		delete(r.rings, account)
	}
	return k, r.fault
}

// readable makes a device's password one that APOP works with.
func (r *rack) readable(account, device, password string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.clear = map[string]map[string][]byte{account: {device: []byte(password)}}
}

func (r *rack) ReadableDevicePasswords(_ context.Context, account string) (map[string][]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked = append(r.asked, "readable "+account)
	return r.clear[account], r.fault
}

func (r *rack) UsedDevicePassword(_ context.Context, account string, p translate.DevicePassword) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.used = append(r.used, account+"/"+p.Device)
	return nil
}

// entered is a store whose upstream lets in who brings nothing, as one does that
// is logged in to as its master user, and who brings the password "secret".
type entered struct {
	*store
	rack rack
}

func (e *entered) backend() backend.Backend {
	b := e.store.backend()
	open := b.OpenMailbox
	b.OpenMailbox = func(ctx context.Context, r backend.Request) (backend.Mailbox, error) {
		e.store.login = r
		if r.Password.Empty() && r.Bearer.Empty() || r.Bearer.Reveal() == goodToken {
			r.Password = configs.NewSecret("secret")
		}
		given := e.store.login
		m, err := open(ctx, r)
		e.store.login = given
		return m, err
	}
	b.DevicePasswords = &e.rack
	return b
}

// goodToken is the one that its upstream takes.
const goodToken = "good.token/+=~"

// routed serves with these routes.
func (e *entered) routed(t *testing.T, routes ...configs.Route) (addr string) {
	t.Helper()
	cfg := configuration()
	for i := range routes {
		routes[i].Upstream, routes[i].Maildrop = "mail", "default"
	}
	cfg.Route = routes
	addr, stop := serve(t, logger(t), e.backend(), cfg)
	t.Cleanup(stop)
	return addr
}

func (d *device) logInAs(user, password, want string) {
	d.Helper()
	d.says("USER "+user, "+OK")
	d.says("PASS "+password, want)
}

// attempt is a login on a connection of its own.
func attempt(t *testing.T, addr, user, password, want string) {
	t.Helper()
	d := connect(t, addr)
	defer d.close()
	d.logInAs(user, password, want)
}

// A device whose first login since a restart comes while others guess: a device
// password cannot be guessed, so that it lets in; one of the upstream's could be.
func TestADevicePasswordWhileOthersGuess(t *testing.T) {
	e := &entered{store: newStore("a\r\n")}
	scanner, phone := e.rack.hang(t, "alice@example.org", "scanner"), e.rack.hang(t, "alice@example.org", "phone")
	cfg := configuration()
	cfg.Route = []configs.Route{{Upstream: "mail", Maildrop: "default", Login: configs.LoginEither}}
	cfg.Limits.FailuresPerAccount, cfg.Limits.FailureWindow = 2, patience
	addr, stop := serve(t, logger(t), e.backend(), cfg)
	defer stop()
	attempt(t, addr, "alice@example.org", "wrong", "-ERR [AUTH]")
	attempt(t, addr, "alice@example.org", "worse", "-ERR [AUTH]")
	attempt(t, addr, "alice@example.org", "secret", "-ERR [SYS/TEMP]")
	attempt(t, addr, "alice@example.org", scanner, "+OK")
	attempt(t, addr, "alice@example.org+phone", phone, "+OK")
	attempt(t, addr, "alice@example.org", translate.MakeDevicePassword(), "-ERR [SYS/TEMP]")
	attempt(t, addr, "bob@example.org", scanner, "-ERR [AUTH]")
}

func TestADevicePasswordNamesItsDevice(t *testing.T) {
	e := &entered{store: newStore("a\r\n")}
	scanner, phone := e.rack.hang(t, "alice@example.org", "scanner"), e.rack.hang(t, "alice@example.org", "phone")
	bob := e.rack.hang(t, "bob@example.org", "scanner")
	addr := e.routed(t, configs.Route{Login: configs.LoginDevice})
	grouped := strings.ToUpper(translate.GroupDevicePassword(scanner))
	for _, typed := range []string{scanner, grouped, strings.ReplaceAll(grouped, "-", " ")} {
		for _, user := range []string{"alice@example.org", "Alice@Example.org+Scanner"} {
			attempt(t, addr, user, typed, "+OK")
			if e.key.Device != "scanner" || e.key.Account != "alice@example.org" || !e.login.Password.Empty() || e.login.Account != "alice@example.org" {
				t.Errorf("%s: the page of %+v, the upstream was given %+v", user, e.key, e.login)
			}
		}
	}
	attempt(t, addr, "alice@example.org", phone, "+OK")
	if e.key.Device != "phone" {
		t.Errorf("the phone is device %q", e.key.Device)
	}
	opened := e.opened["mailbox"]
	for user, password := range map[string]string{
		"alice@example.org+phone": scanner, "alice@example.org+other": phone, "alice@example.org": bob, "nobody@example.org": scanner, "bob@example.org": "secret",
		"carol@example.org": "", "bob@example.org+scanner": bob[1:],
	} {
		attempt(t, addr, user, password, "-ERR [AUTH] authentication failed")
	}
	if e.opened["mailbox"] != opened {
		t.Error("the upstream was asked for a login that had been refused")
	}
	e.rack.take("alice@example.org")
	attempt(t, addr, "alice@example.org", phone, "-ERR [AUTH] authentication failed")
	if got := strings.Join(e.rack.used, " "); strings.Count(got, "alice@example.org/scanner") != 6 || !strings.HasSuffix(got, "alice@example.org/phone") {
		t.Errorf("used: %s", got)
	}
}

// With either, what is no device password goes to the upstream, with upstream
// everything does.
func TestWhichPasswordsARouteTakes(t *testing.T) {
	e := &entered{store: newStore("a\r\n")}
	scanner := e.rack.hang(t, "alice@example.org", "scanner")
	addr := e.routed(t, configs.Route{User: glob(t, "alice@*"), Login: configs.LoginEither}, configs.Route{})
	attempt(t, addr, "alice@example.org", scanner, "+OK")
	if !e.login.Password.Empty() || e.key.Device != "scanner" {
		t.Errorf("the upstream was given %+v for device %q", e.login, e.key.Device)
	}
	attempt(t, addr, "alice@example.org", "secret", "+OK")
	if e.login.Password.Reveal() != "secret" || e.key.Device != "" {
		t.Errorf("the upstream was given %+v for device %q", e.login, e.key.Device)
	}
	// The right password of another device than the login names is, for the
	// ledger, a wrong one: it must not reach the upstream as nothing.
	other := strings.Repeat("a", len(scanner))
	for user, password := range map[string]string{"alice@example.org+phone": scanner, "alice@example.org": other, "bob@example.org": scanner} {
		attempt(t, addr, user, password, "-ERR [AUTH]")
		if e.login.Password.Reveal() != password {
			t.Errorf("%s: the upstream was given %q", user, e.login.Password.Reveal())
		}
	}
}

// The device that a password names decides the route, as if the login had named it.
func TestTheRouteIsThatOfTheNamedDevice(t *testing.T) {
	for name, c := range map[string]struct {
		routes []configs.Route
		want   string
		device string
	}{
		"its own route":           {[]configs.Route{{Device: glob(t, "scan*"), Login: configs.LoginDevice, Account: "second@example.org"}, {Login: configs.LoginDevice}}, "+OK", "scanner"},
		"refused by its route":    {[]configs.Route{{Device: glob(t, "scan*"), Action: configs.ActionRefuse}, {Login: configs.LoginDevice}}, "-ERR [AUTH]", ""},
		"no device passwords":     {[]configs.Route{{Device: glob(t, "scan*")}, {Login: configs.LoginDevice}}, "-ERR [AUTH]", ""},
		"another name":            {[]configs.Route{{Device: glob(t, "scan*"), AsDevice: "other", Login: configs.LoginDevice}, {Login: configs.LoginDevice}}, "-ERR [AUTH]", ""},
		"named by the route":      {[]configs.Route{{AsDevice: "scanner", Login: configs.LoginDevice}}, "+OK", "scanner"},
		"named wrongly by it":     {[]configs.Route{{AsDevice: "phone", Login: configs.LoginDevice}}, "-ERR [AUTH]", ""},
		"the route of its owner":  {[]configs.Route{{Login: configs.LoginDevice}}, "+OK", "scanner"},
		"device passwords unused": {[]configs.Route{{}}, "-ERR [AUTH]", ""},
	} {
		t.Run(name, func(t *testing.T) {
			e := &entered{store: newStore("a\r\n")}
			password := e.rack.hang(t, "alice@example.org", "scanner")
			attempt(t, e.routed(t, c.routes...), "alice@example.org", password, c.want)
			if e.key.Device != c.device || c.routes[0].Account != "" && e.login.Account != c.routes[0].Account {
				t.Errorf("it went on as device %q, account %q", e.key.Device, e.login.Account)
			}
		})
	}
}

// What nobody could know from outside, whether an account or a device is there,
// must not be told by which work is done.
func TestALoginThatCannotBeCostsTheSame(t *testing.T) {
	e := &entered{store: newStore("a\r\n")}
	password := e.rack.hang(t, "alice@example.org", "scanner")
	addr := e.routed(t, configs.Route{Login: configs.LoginDevice})
	wrong := strings.Repeat("a", len(password))
	for _, user := range []string{"alice@example.org", "alice@example.org+scanner", "alice@example.org+other", "nobody@example.org"} {
		before := len(e.rack.asked)
		attempt(t, addr, user, wrong, "-ERR [AUTH] authentication failed")
		if len(e.rack.asked) != before+1 {
			t.Errorf("%s: the ledger was asked %d times", user, len(e.rack.asked)-before)
		}
	}
}

// A password that is revoked between its check and the naming of the session must
// not leave a session behind that nothing will end.
func TestAPasswordThatIsRevokedMeanwhile(t *testing.T) {
	e := &entered{store: newStore("a\r\n")}
	password := e.rack.hang(t, "alice@example.org", "scanner")
	e.rack.once = true
	attempt(t, e.routed(t, configs.Route{Login: configs.LoginDevice}), "alice@example.org", password, "-ERR [AUTH] authentication failed")
	if e.opened["mailbox"] > 0 {
		t.Error("the upstream was asked")
	}
}

func TestALedgerThatDoesNotAnswerIsTemporary(t *testing.T) {
	e := &entered{store: newStore("a\r\n")}
	password := e.rack.hang(t, "alice@example.org", "scanner")
	addr := e.routed(t, configs.Route{Login: configs.LoginEither})
	e.rack.fault = translate.Temporary(errors.New("gone"))
	for _, given := range []string{password, strings.Repeat("a", len(password))} {
		attempt(t, addr, "alice@example.org", given, "-ERR [SYS/TEMP]")
	}
	if e.called("OpenMailbox") > 0 || e.login.Account != "" || e.opened["mailbox"] > 0 {
		t.Error("the upstream was asked")
	}
}
