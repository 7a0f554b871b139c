package metrics

import (
	"context"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/prometheus/client_golang/prometheus"

	"popbridge/proxy/backend"
	"popbridge/translate"
)

// operations is the series of each operation of the ledger.
type operations struct {
	open, known, previous, gone, relink, keys, unkeyed, intend, record, close operation
}

type operation struct {
	took   prometheus.Observer
	failed prometheus.Counter
}

func newLedger(r prometheus.Registerer) *operations {
	took := durations(r, "ledger_operation_duration_seconds", "Time that the ledger takes, by operation: open takes the lock, intend and record write.", "operation")
	failed := counters(r, "ledger_errors_total", "Operations of the ledger that have failed. A maildrop in use is no failure.", "operation")
	op := func(name string) operation {
		return operation{took.WithLabelValues(name), failed.WithLabelValues(name)}
	}
	return &operations{
		open: op("open"), known: op("known"), previous: op("previous"), gone: op("gone"), relink: op("relink"),
		keys: op("keys"), unkeyed: op("unkeyed"), intend: op("intend"), record: op("record"), close: op("close"),
	}
}

// done counts one operation.
func (o operation) done(start time.Time, err error) {
	o.took.Observe(time.Since(start).Seconds())
	if err != nil && translate.Refuse(err).Code != translate.CodeInUse {
		o.failed.Inc()
	}
}

// OpenPage gives what a Backend opens pages with, and counts what it and the
// pages do.
func (m *Metrics) OpenPage(open func(context.Context, backend.PageKey) (backend.Page, error)) func(context.Context, backend.PageKey) (backend.Page, error) {
	return func(ctx context.Context, key backend.PageKey) (backend.Page, error) {
		start := time.Now()
		p, err := open(ctx, key)
		m.ledger.open.done(start, err)
		if err != nil {
			return nil, err
		}
		return page{p, m.ledger}, nil
	}
}

// page times the calls that may reach the database. The others are the page's
// own: Active is called for every piece of a message.
type page struct {
	backend.Page
	ledger *operations
}

func (p page) Known(ctx context.Context, validity uint32) (backend.State, error) {
	start := time.Now()
	k, err := p.Page.Known(ctx, validity)
	p.ledger.known.done(start, err)
	return k, err
}

// KnownAs is Known for who counts.
func (p page) KnownAs(ctx context.Context, now translate.Listing) (backend.State, error) {
	start := time.Now()
	k, err := backend.KnownAs(ctx, p.Page, now)
	p.ledger.known.done(start, err)
	return k, err
}

func (p page) Previous(ctx context.Context, validity uint32) (*translate.PreviousMailbox, error) {
	start := time.Now()
	r, err := p.Page.Previous(ctx, validity)
	p.ledger.previous.done(start, err)
	return r, err
}

func (p page) Gone(ctx context.Context, uids []imap.UID) ([]translate.Remembered, error) {
	start := time.Now()
	r, err := p.Page.Gone(ctx, uids)
	p.ledger.gone.done(start, err)
	return r, err
}

func (p page) Relink(ctx context.Context, validity uint32, links []translate.Link, formats []translate.Span) error {
	start := time.Now()
	err := p.Page.Relink(ctx, validity, links, formats)
	p.ledger.relink.done(start, err)
	return err
}

func (p page) Keys(ctx context.Context, validity uint32) (map[imap.UID]translate.ContentKey, error) {
	start := time.Now()
	k, err := p.Page.Keys(ctx, validity)
	p.ledger.keys.done(start, err)
	return k, err
}

func (p page) Unkeyed(ctx context.Context, validity uint32, limit int) []imap.UID {
	start := time.Now()
	uids := p.Page.Unkeyed(ctx, validity, limit)
	p.ledger.unkeyed.done(start, nil)
	return uids
}

func (p page) Intend(ctx context.Context, i translate.Intent) error {
	start := time.Now()
	err := p.Page.Intend(ctx, i)
	p.ledger.intend.done(start, err)
	return err
}

func (p page) IntendAll(ctx context.Context, intents map[string]translate.Intent) error {
	start := time.Now()
	err := p.Page.IntendAll(ctx, intents)
	p.ledger.intend.done(start, err)
	return err
}

// Beside counts what is done with the other page too.
func (p page) Beside(ctx context.Context, mailbox string) (backend.Page, error) {
	other, err := p.Page.Beside(ctx, mailbox)
	if err != nil {
		return nil, err
	}
	return page{other, p.ledger}, nil
}

func (p page) Record(ctx context.Context, f translate.Facts) error {
	return p.record(ctx, f, p.Page.Record)
}

func (p page) Login(ctx context.Context, f translate.Facts) error {
	return p.record(ctx, f, p.Page.Login)
}

func (p page) Settle(ctx context.Context, f translate.Facts) error {
	return p.record(ctx, f, p.Page.Settle)
}

// record counts all that writes facts down as one operation.
func (p page) record(ctx context.Context, f translate.Facts, write func(context.Context, translate.Facts) error) error {
	start := time.Now()
	err := write(ctx, f)
	p.ledger.record.done(start, err)
	return err
}

func (p page) Close() error {
	start := time.Now()
	err := p.Page.Close()
	p.ledger.close.done(start, err)
	return err
}
