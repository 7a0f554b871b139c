package alarms

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
	"popbridge/proxy/ledger/notices"
)

// Messenger tells operators, by the webhook of the configuration. Its fields are set before
// Run.
type Messenger struct {
	Log     hclog.Logger
	Config  func() *configs.Config
	Notices *notices.Store
	// Ping says why the ledger cannot be relied on; nil where it can.
	Ping func(context.Context) error
	// Expiring is what ends one day.
	Expiring func(*configs.Config) []Expiring
	// Proxy and Version say who tells.
	Proxy, Version string
	// Count hears of each attempt; nil: nobody counts.
	Count func(kind notices.Kind, delivered bool)
	// Now is the time; nil for the clock's.
	Now func() time.Time

	client http.Client
	failed ledgerState
	looked time.Time // when it last looked for what expires

	mu      sync.Mutex
	waiting map[[2]string]notices.News // heard of, and not in the ledger yet
}

// Expiring is something that ends.
type Expiring struct {
	What string // for people; with Ends it tells it apart
	Ends time.Time
}

const (
	// atOnce is how much is claimed in one go; it has to be delivered before a claim ends.
	atOnce = 3
	// postPatience bounds one delivery.
	postPatience = 15 * time.Second
	// mostWaiting bounds what waits for the ledger: sessions go on while that is away.
	mostWaiting = 1000
	// soon is how long before its end something is told of, every so often.
	soon, expiringEvery = 14 * 24 * time.Hour, 24 * time.Hour
	// lookForExpiring is how often it is looked for.
	lookForExpiring = time.Hour
)

// Tell has operators be told of something that happened in a session. It returns at once.
func (m *Messenger) Tell(n notices.News) {
	if !m.Notices.Wanted() {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.waiting == nil {
		m.waiting = make(map[[2]string]notices.News)
	}
	if len(m.waiting) < mostWaiting {
		m.waiting[[2]string{string(n.Kind), n.Subject}] = n
	}
}

// Run tells until ctx ends.
func (m *Messenger) Run(ctx context.Context) {
	m.client = http.Client{
		Timeout:       postPatience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(lookEvery):
			m.Look(ctx)
		}
	}
}

// Look tells what there is to tell now. It is called by one goroutine.
func (m *Messenger) Look(ctx context.Context) {
	cfg := m.Config()
	if !cfg.Notify.On() {
		return
	}
	if !m.ledger(ctx, cfg.Notify) {
		return
	}
	err := m.keep(ctx)
	if err == nil {
		err = m.expiring(ctx, cfg)
	}
	if err == nil {
		err = m.deliver(ctx, cfg.Notify)
	}
	if err != nil && ctx.Err() == nil {
		m.Log.Debug("operators cannot be told", "error", err)
	}
}

// keep hands what was heard of to the ledger.
func (m *Messenger) keep(ctx context.Context) error {
	m.mu.Lock()
	heard := m.waiting
	m.waiting = nil
	m.mu.Unlock()
	list := make([]notices.News, 0, len(heard))
	for _, n := range heard {
		list = append(list, n)
	}
	err := m.Notices.Keep(ctx, list...)
	if err != nil {
		for _, n := range list {
			m.Tell(n)
		}
	}
	return err
}

// expiring looks now and then for what ends soon.
func (m *Messenger) expiring(ctx context.Context, cfg *configs.Config) error {
	now := m.now()
	if now.Sub(m.looked).Abs() < lookForExpiring {
		return nil
	}
	var list []notices.News
	for _, e := range m.Expiring(cfg) {
		if e.Ends.Sub(now) < soon {
			list = append(list, notices.News{
				Kind: notices.Expiring, Subject: e.What + "\n" + e.Ends.UTC().Format(time.RFC3339), Every: expiringEvery,
				Facts: notices.Facts{What: e.What, Ends: e.Ends.UTC()},
			})
		}
	}
	err := m.Notices.Keep(ctx, list...)
	if err == nil {
		m.looked = now
	}
	return err
}

// deliver posts what is due, until nothing is left or the receiver does not take it.
func (m *Messenger) deliver(ctx context.Context, to configs.Notify) error {
	for {
		claimed, err := m.Notices.Claim(ctx, atOnce)
		if err != nil || len(claimed) == 0 {
			return err
		}
		var refused error
		for _, n := range claimed {
			if refused == nil {
				refused = m.post(ctx, to, m.message(n))
			}
			if refused == nil {
				err = m.Notices.Delivered(ctx, n)
			} else {
				err = m.Notices.Failed(ctx, n)
			}
			if err != nil {
				return err
			}
		}
		if refused != nil {
			m.Log.Warn("operators cannot be told: the webhook does not take it; it is tried again", "cause", refused)
			return nil
		}
	}
}

func (m *Messenger) now() time.Time {
	if m.Now != nil {
		return m.Now()
	}
	return time.Now()
}
