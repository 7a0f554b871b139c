package alarms

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/ledger"
	"popbridge/proxy/upstream"
	"popbridge/translate"
)

const config = `
listener: {pop3: {address: "127.0.0.1:0"}}
upstream: {mail: {address: "imap.example.org:993"}, other: {address: "imap.example.net:993"}}
route:
  - {user: "alice@*", upstream: mail, expect: 1h}
  - {user: "bob@*", upstream: other, as_device: panel, expect: auto}
  - {upstream: mail}
`

// site is a watchman with its ledger and what it sees; its clock is moved by hand.
type site struct {
	testing.TB
	*Watchman
	store     *ledger.Store
	began     time.Time
	at        time.Duration // since began
	ready     error
	messenger *Messenger // nil: operators are not told
	down      map[string]bool
	asked     map[string]int
	health    *upstream.Vitals
}

type deaf struct{}

func (deaf) Upstream(string) upstream.Tally { return deaf{} }
func (deaf) Add(upstream.Quantity, int64)   {}

func parse(t testing.TB, text string) *configs.Config {
	t.Helper()
	cfg, problems := configs.Parse("test.yaml", []byte(text))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return cfg
}

// stage opens a ledger; memory where source is empty.
func stage(t testing.TB, o ledger.Options) *site {
	t.Helper()
	o.Serve = true
	store, err := ledger.Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	cfg := parse(t, config)
	s := &site{TB: t, store: store, began: time.Now(), down: make(map[string]bool), asked: make(map[string]int), health: upstream.NewVitals(deaf{})}
	s.Watchman = &Watchman{
		Log: hclog.NewNullLogger(), Config: func() *configs.Config { return cfg }, Watches: store.Watches, Wanted: store.Notices.Wanted, Ready: func(context.Context) error { return s.ready },
		Health: s.health.Health, Looked: s.health.Looked, Now: func() time.Time { return s.began.Add(s.at) },
		Probe: func(_ context.Context, u configs.Upstream) error {
			s.asked[u.Name]++
			if s.down[u.Name] {
				return errors.New("connection refused")
			}
			return nil
		},
	}
	return s
}

// until looks every half minute until a time.
func (s *site) until(at time.Duration) {
	s.Helper()
	for s.at < at {
		s.at = min(s.at+30*time.Second, at)
		s.store.Watches.PutForward(s.at)
		s.store.Notices.PutForward(s.at)
		if err := s.look(context.Background()); err != nil && s.ready == nil {
			s.Fatal(err)
		}
		if s.messenger != nil {
			s.messenger.Look(context.Background())
		}
	}
}

// comes is a login.
func (s *site) comes(account, device string, expect translate.Expect) {
	s.Helper()
	p, err := s.store.OpenPage(context.Background(), backend.PageKey{Account: account, Device: device, Maildrop: "default", Upstream: "mail", Login: account, Mailbox: "INBOX", Expect: expect})
	if err == nil {
		err = p.Login(context.Background(), translate.Facts{})
	}
	if err == nil {
		err = p.Close()
	}
	if err != nil {
		s.Fatal(err)
	}
}

// late are the devices that are overdue now.
func (s *site) late(want int) {
	s.Helper()
	if _, overdue, err := s.store.Watches.Count(context.Background()); err != nil || overdue != int64(want) {
		s.Errorf("after %v: %d are overdue, %v; want %d", s.at, overdue, err, want)
	}
}

// later gives Health whose times are those of the site's clock, where an upstream is away
// since a time.
func (s *site) later(since time.Duration) func(string) upstream.Health {
	return func(name string) upstream.Health {
		h := s.health.Health(name)
		if !h.Away.IsZero() {
			h.Away = s.began.Add(since)
		}
		return h
	}
}
