package relay

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"popbridge/configs"
	"popbridge/proxy/upstream"
)

// TestAServerThatIsDownIsAskedOnce: devices that come while it is do not wait each for
// another attempt; what it announced before is what they are told.
func TestAServerThatIsDownIsAskedOnce(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var asked atomic.Int32
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			asked.Add(1)
			_ = nc.Close()
		}
	}()
	p := NewPool(upstream.NewDialer())
	defer p.Close()
	u := configs.Upstream{Name: "mail", Timeout: time.Minute}
	u.Submission.Address, u.Submission.TLS = l.Addr().String(), configs.TLSNone
	old := learned{at: time.Now().Add(-2 * known)}
	old.DSN = true
	p.extensions["mail"] = old
	for range 3 {
		if e := p.Extensions(context.Background(), u); !e.DSN {
			t.Errorf("%+v is told", e)
		}
	}
	_ = l.Close()
	<-ended
	if n := asked.Load(); n != 1 {
		t.Errorf("it was asked %d times", n)
	}
	if left := time.Until(p.extensions["mail"].at.Add(known)); left > downFor {
		t.Errorf("it is not asked again for %v", left)
	}
}
