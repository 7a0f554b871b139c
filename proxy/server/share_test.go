package server

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"popbridge/translate"
)

// board is what proxies share: all of them hear what each has told.
type board struct {
	mu    sync.Mutex
	total map[uint64]translate.Failures
	calls [2]int
	gone  bool
}

func (b *board) share(proxy int, news []translate.Failures) (all []translate.Failures, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.gone && len(news) > 0 {
		b.gone = false
		return nil, errors.New("gone")
	}
	for _, f := range news {
		f.Count += b.total[f.Subject].Count
		b.total[f.Subject] = f
	}
	for _, f := range b.total {
		all = append(all, f)
	}
	if len(all) > 0 {
		b.calls[proxy]++
	}
	return all, nil
}

func (b *board) count(subject uint64) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.total[subject].Count
}

// heard is how often a proxy was told of failures; it has taken to heart all but
// the last.
func (b *board) heard(proxy int) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.calls[proxy]
}

// What fails at one proxy is known at the other before long, also where the
// database was gone when it was to be told.
func TestProxiesShareFailures(t *testing.T) {
	b := &board{total: make(map[uint64]translate.Failures), gone: true}
	proxies := make([]string, 2)
	for i := range proxies {
		behind, cfg := newStore().backend(), configuration()
		behind.ShareFailures = func(ctx context.Context, news []translate.Failures, window time.Duration) ([]translate.Failures, error) {
			return b.share(i, news)
		}
		cfg.Limits.FailuresPerAccount, cfg.Limits.FailureWindow = 2, time.Hour
		addr, stop := serve(t, hclog.NewNullLogger(), behind, cfg)
		t.Cleanup(stop)
		proxies[i] = addr
	}
	try := func(proxy, password string) string {
		t.Helper()
		d := connect(t, proxy)
		defer d.close()
		d.says("USER alice", "+OK")
		d.send("PASS " + password + "\r\n")
		return d.line()
	}
	for i := range 2 {
		if got := try(proxies[0], fmt.Sprint("guess", i)); !strings.HasPrefix(got, "-ERR [AUTH]") {
			t.Fatalf("guess %d: %q", i, got)
		}
	}
	// The right password must not be tried there before it has heard: what has
	// succeeded goes before the account's failures.
	// Proxies know a subject by the same hash, of what it is and of its name.
	sum := sha256.Sum256([]byte("account\x00mail\x00alice"))
	alice := binary.BigEndian.Uint64(sum[:])
	for end := time.Now().Add(patience); b.count(alice) < 2; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the first proxy never told of its failures")
		}
	}
	told := b.heard(1)
	for end := time.Now().Add(patience); b.heard(1) < told+2; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the second proxy does not listen")
		}
	}
	if got := try(proxies[1], "secret"); !strings.HasPrefix(got, "-ERR [SYS/TEMP]") {
		t.Errorf("at the second proxy: %q", got)
	}
}
