package pop3box_test

import (
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"popbridge/proxy/upstream"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience turns a hang into a failure; nothing is measured by it.
const patience = 30 * time.Second

// counts is a Meter of one upstream.
type counts [upstream.Quantities]atomic.Int64

func (c *counts) Upstream(string) upstream.Tally { return c }

func (c *counts) Add(q upstream.Quantity, n int64) { c[q].Add(n) }

func (c *counts) of(q upstream.Quantity) int64 { return c[q].Load() }
