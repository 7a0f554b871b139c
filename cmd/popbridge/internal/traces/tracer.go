package traces

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"

	"popbridge/cmd/popbridge/internal/web"
	"popbridge/configs"
)

// Tracer hands traces to a collector. Run has to run for that.
type Tracer struct {
	log        hclog.Logger
	resource   []attribute
	version    string
	count      func(taken, dropped int)
	to         atomic.Pointer[target] // nil: nothing is traced
	handed     chan []span
	client     http.Client
	complained time.Time
}

// target is where traces go now.
type target struct {
	endpoint string
	header   http.Header
	percent  int
}

const (
	// waiting is how many sessions may wait for the collector, and batch how many spans are
	// sent at once; sendEvery is how long they are gathered.
	waiting, batch = 1024, 512
	sendEvery      = 5 * time.Second
	// patience bounds one request. One that fails for now is tried once more.
	patience = 10 * time.Second
	// complainEvery is how often the log says that the collector takes nothing.
	complainEvery = time.Minute
)

// New makes a Tracer that traces nothing. count hears how many spans were taken, and how
// many dropped.
func New(log hclog.Logger, proxy, version string, count func(taken, dropped int)) *Tracer {
	return &Tracer{
		log: log.Named("traces"), version: version, count: count, handed: make(chan []span, waiting),
		client:   http.Client{Timeout: patience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
		resource: []attribute{text("service.name", "popbridge"), text("service.version", version), text("service.instance.id", proxy)},
	}
}

// Configure has the sessions that begin from now on be traced as a configuration says.
func (t *Tracer) Configure(c configs.Telemetry) {
	header, err := c.Header()
	if c.OTLP == "" || err != nil {
		t.to.Store(nil)
		return
	}
	t.to.Store(&target{endpoint: c.Endpoint(), header: header, percent: c.Sample})
}

// chosen reports whether a session that begins is to be traced.
func (t *Tracer) chosen() bool {
	to := t.to.Load()
	return to != nil && (to.percent >= 100 || rand.IntN(100) < to.percent)
}

// hand takes a trace over, or drops it where too many wait.
func (t *Tracer) hand(spans []span) {
	select {
	case t.handed <- spans:
	default:
		t.count(0, len(spans))
	}
}

// Run sends what is handed over, until ctx ends; then what is left, once.
func (t *Tracer) Run(ctx context.Context) {
	defer t.client.CloseIdleConnections()
	var gathered []span
	timer := time.NewTicker(sendEvery)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
			defer cancel()
			t.Flush(last, gathered...)
			return
		case spans := <-t.handed:
			if gathered = append(gathered, spans...); len(gathered) < batch {
				continue
			}
		case <-timer.C:
		}
		t.send(ctx, gathered)
		gathered = nil
	}
}

// Flush sends some spans and all that was handed over.
func (t *Tracer) Flush(ctx context.Context, spans ...span) {
	for {
		select {
		case more := <-t.handed:
			spans = append(spans, more...)
		default:
			t.send(ctx, spans)
			return
		}
	}
}

// errForNow says that the collector may take it later (OTLP/HTTP, "retryable response
// codes").
var errForNow = errors.New("it is busy")

// send posts spans; what is not taken is dropped.
func (t *Tracer) send(ctx context.Context, spans []span) {
	to := t.to.Load()
	if len(spans) == 0 {
		return
	}
	if to == nil {
		t.count(0, len(spans))
		return
	}
	body, err := encode(spans, t.resource, t.version)
	if err == nil {
		if err = t.post(ctx, to, body); errors.Is(err, errForNow) {
			select {
			case <-ctx.Done():
			case <-time.After(time.Second):
				err = t.post(ctx, to, body)
			}
		}
	}
	if err == nil {
		t.count(len(spans), 0)
		return
	}
	t.count(0, len(spans))
	if now := time.Now(); now.Sub(t.complained) >= complainEvery && ctx.Err() == nil {
		t.complained = now
		t.log.Warn("the collector takes no traces; they are dropped", "spans", len(spans), "cause", err)
	}
}

func (t *Tracer) post(ctx context.Context, to *target, body []byte) error {
	header := to.header.Clone()
	header.Set("User-Agent", "popbridge/"+t.version)
	status, err := web.Post(ctx, &t.client, to.endpoint, header, body)
	switch {
	case err != nil:
		return err
	case status/100 == 2:
		return nil
	case status == http.StatusTooManyRequests || status == http.StatusBadGateway || status == http.StatusServiceUnavailable || status == http.StatusGatewayTimeout:
		return fmt.Errorf("it answers %d: %w", status, errForNow)
	default:
		return fmt.Errorf("it answers %d", status)
	}
}
