package limiter

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"popbridge/configs"
	"popbridge/translate"
)

var bearable = Limits{PerIP: 6, PerAccount: 3, Window: time.Hour, Delay: 8 * time.Second}

func home4(n int) netip.Addr { return netip.AddrFrom4([4]byte{192, 0, 2, byte(n)}) }

// try is a login that ends with an error, unless it is refused unseen.
func (l *Limiter) try(t testing.TB, limits Limits, client netip.Addr, account, password string, end error) error {
	t.Helper()
	q, err := l.Begin(t.Context(), limits, client, account, configs.NewSecret(password))
	if err == nil {
		q.Settle(end)
	}
	return err
}

var errWrong = translate.BadCredentials(errors.New("wrong"))

func TestFailuresAreCounted(t *testing.T) {
	l := New(false)
	for i := range 3 {
		if err := l.try(t, bearable, home4(i), "alice", fmt.Sprint(i), errWrong); err != nil {
			t.Fatalf("failure %d: %v", i, err)
		}
	}
	err := l.try(t, bearable, home4(9), "alice", "right", nil)
	if !errors.Is(err, ErrAccountLimit) || translate.Refuse(err).Code != translate.CodeSysTemp {
		t.Errorf("behind the last failure of an account: %v", err)
	}
	if err := l.try(t, bearable, home4(9), "bob", "right", nil); err != nil {
		t.Errorf("another account: %v", err)
	}
	// Most upstreams take a name in any case: each spelling must not have failures of
	// its own.
	if err := l.try(t, bearable, home4(9), "Alice", "right", nil); !errors.Is(err, ErrAccountLimit) {
		t.Errorf("an account in another case: %v", err)
	}
	// Names that nobody has are counted like others.
	for i := range 6 {
		if err := l.try(t, bearable, home4(7), fmt.Sprint("nobody", i), "x", errWrong); err != nil {
			t.Fatalf("failure %d: %v", i, err)
		}
	}
	if err := l.try(t, bearable, home4(7), "bob", "right", nil); !errors.Is(err, ErrAddressLimit) {
		t.Errorf("a proven login from an address with too many failures: %v", err)
	}
	// When the window is over, nothing has been counted.
	l.began = l.began.Add(-bearable.Window)
	if err := l.try(t, bearable, home4(7), "alice", "right", nil); err != nil {
		t.Errorf("in the next window: %v", err)
	}
	for i := range 3 {
		_ = l.try(t, bearable, home4(i), "alice", fmt.Sprint("again", i), errWrong)
	}
	if err := l.try(t, bearable, home4(9), "alice", "other", nil); !errors.Is(err, ErrAccountLimit) {
		t.Errorf("behind the last failure of the next window: %v", err)
	}
}

// An upstream's trouble is nobody's guess.
func TestTroubleIsNoFailure(t *testing.T) {
	l := New(false)
	for _, trouble := range []error{translate.Temporary(errors.New("gone")), translate.Permanent(errors.New("gone")), errors.New("gone"), context.Canceled} {
		for range 9 {
			if err := l.try(t, bearable, home4(1), "alice", "x", trouble); err != nil {
				t.Fatalf("after %v: %v", trouble, err)
			}
		}
	}
}

// A login that has succeeded is never shut out of its account, until it fails.
func TestAProvenLoginGoesBeforeItsAccount(t *testing.T) {
	l := New(false)
	if err := l.try(t, bearable, home4(1), "alice", "right", nil); err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		_ = l.try(t, bearable, home4(10+i), "alice", fmt.Sprint(i), errWrong)
	}
	for client := range 3 {
		if err := l.try(t, bearable, home4(1+client), "alice", "right", nil); err != nil {
			t.Fatalf("the owner's device: %v", err)
		}
	}
	if err := l.try(t, bearable, home4(1), "alice", "right", errWrong); err != nil {
		t.Fatal(err)
	}
	if err := l.try(t, bearable, home4(2), "alice", "right", nil); !errors.Is(err, ErrAccountLimit) {
		t.Errorf("a password that was changed goes on being tried: %v", err)
	}
}

// A device with an old password asks for ever. It must not shut the others of its
// address out, and its owner must go on hearing why.
func TestAnOldPasswordIsNoGuess(t *testing.T) {
	l := New(false)
	for i := range 50 {
		err := l.try(t, bearable, home4(1), "alice", "old", errWrong)
		if i < bearable.PerAccount && err != nil {
			t.Fatalf("attempt %d: %v", i, err)
		}
		if i >= bearable.PerAccount && (!errors.Is(err, errFailedBefore) || translate.Refuse(err).Code != translate.CodeAuth) {
			t.Fatalf("attempt %d: %v", i, err)
		}
	}
	free := bearable
	free.PerAccount = 0
	for i := range 50 {
		if err := l.try(t, free, home4(3), "carol", "old", errWrong); err != nil {
			t.Fatalf("attempt %d where accounts have no limit: %v", i, err)
		}
	}
	// Nor must one whose right password was never tried, since its account's
	// failures are spent; nobody knows yet whether it is right.
	for range 50 {
		if err := l.try(t, bearable, home4(1), "alice", "right", nil); !errors.Is(err, ErrAccountLimit) {
			t.Fatalf("%v", err)
		}
	}
	if err := l.try(t, bearable, home4(1), "bob", "right", nil); err != nil {
		t.Errorf("another device of the address: %v", err)
	}
	// From elsewhere the same password is a guess.
	for i := range 6 {
		_ = l.try(t, bearable, home4(2), "alice", fmt.Sprint(i), errWrong)
	}
	if err := l.try(t, bearable, home4(2), "bob", "right", nil); !errors.Is(err, ErrAddressLimit) {
		t.Errorf("guesses at an account that is spent are not counted: %v", err)
	}
}

// However many arrive at once, no more fail than are allowed, and where they
// succeed none is refused.
func TestLoginsAtOnce(t *testing.T) {
	for name, end := range map[string]error{"wrong": errWrong, "right": nil} {
		l := New(false)
		var asked, refused, most, now atomic.Int64
		var all sync.WaitGroup
		for i := range 300 {
			all.Go(func() {
				q, err := l.Begin(t.Context(), bearable, home4(i%100), "alice", configs.NewSecret(fmt.Sprint(i)))
				if err != nil {
					refused.Add(1)
					return
				}
				asked.Add(1)
				n := now.Add(1)
				for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
				}
				time.Sleep(time.Millisecond)
				now.Add(-1)
				q.Settle(end)
			})
		}
		all.Wait()
		if most.Load() > int64(bearable.PerAccount) {
			t.Errorf("%s: %d were tried at once", name, most.Load())
		}
		if end != nil && asked.Load() != int64(bearable.PerAccount) || end == nil && refused.Load() > 0 {
			t.Errorf("%s: %d were tried and %d refused", name, asked.Load(), refused.Load())
		}
		if len(l.pending) > 0 {
			t.Errorf("%s: all is over, and %d wait", name, len(l.pending))
		}
	}
}

func TestWaitingForOthersEnds(t *testing.T) {
	l := New(false)
	limits := Limits{PerAccount: 1, Window: time.Hour}
	q, err := l.Begin(t.Context(), limits, home4(1), "alice", configs.NewSecret("a"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Begin(ctx, limits, home4(2), "alice", configs.NewSecret("b")); !errors.Is(err, errTooManyPending) {
		t.Errorf("%v", err)
	}
	q.Settle(nil)
	if err := l.try(t, limits, home4(2), "alice", "b", nil); err != nil {
		t.Errorf("%v", err)
	}
}

// A login that is proved without its password (SCRAM) is counted, never proven.
func TestALoginWithoutAPassword(t *testing.T) {
	l := New(false)
	for range 3 {
		if err := l.try(t, bearable, home4(1), "alice", "", errWrong); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.try(t, bearable, home4(1), "alice", "", nil); !errors.Is(err, ErrAccountLimit) {
		t.Errorf("%v", err)
	}
	if err := l.try(t, bearable, home4(1), "bob", "", nil); err != nil || len(l.proven.young) > 0 {
		t.Errorf("%v; proven are %d", err, len(l.proven.young))
	}
}

func TestExemptNetworks(t *testing.T) {
	limits := configs.Limits{FailuresPerIP: 2, FailureWindow: time.Hour, FailuresPerIPExempt: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/28")}}
	l := New(false)
	for i := range 9 {
		if err := l.try(t, For(limits, home4(1)), home4(1), "alice", fmt.Sprint(i), errWrong); err != nil {
			t.Fatal(err)
		}
		err := l.try(t, For(limits, home4(99)), home4(99), "alice", fmt.Sprint(i), errWrong)
		if (err != nil) != (i >= 2) {
			t.Fatalf("failure %d from an address that is not exempt: %v", i, err)
		}
	}
}

// Whoever fails, from however many addresses, the memory is bounded; and what is
// recent is there.
func TestWhatIsRecent(t *testing.T) {
	r := NewRecent[int, int](1000)
	const period = time.Minute
	for i := range 100_000 {
		now := time.Duration(i) * time.Millisecond / 100
		r.Put(i, i, now, period)
		if n := len(r.young) + len(r.old); n > 1000 {
			t.Fatalf("%d entries are kept", n)
		}
		if v, ok := r.Get(max(0, i-400), now, period); !ok || v != max(0, i-400) {
			t.Fatalf("%d is forgotten at %d", i-400, i)
		}
	}
	r = NewRecent[int, int](1000)
	r.Put(1, 1, 0, period)
	if _, ok := r.Get(1, period-1, period); !ok {
		t.Error("it is forgotten within its period")
	}
	if _, ok := r.Get(1, 3*period, period); ok {
		t.Error("it is there after three periods")
	}
	r.Put(2, 2, 3*period, period)
	r.Drop(2)
	if _, ok := r.Get(2, 3*period, period); ok {
		t.Error("what was dropped is there")
	}
}

// What proxies tell each other adds up, whatever is counted meanwhile.
func TestProxiesAddUpTheirFailures(t *testing.T) {
	a, b := New(true), New(true)
	_ = a.try(t, bearable, home4(1), "alice", "1", errWrong)
	_ = b.try(t, bearable, home4(2), "alice", "2", errWrong)
	total := make(map[uint64]translate.Failures)
	tell := func(l *Limiter) {
		for _, f := range l.takeUntold() {
			f.Count += total[f.Subject].Count
			f.Age = time.Minute
			total[f.Subject] = f
		}
	}
	tell(a)
	tell(b)
	_ = a.try(t, bearable, home4(1), "alice", "3", errWrong) // not told yet
	var all []translate.Failures
	for _, f := range total {
		all = append(all, f)
	}
	a.hear(all, bearable.Window)
	a.hear(all, bearable.Window)
	if err := a.try(t, bearable, home4(3), "alice", "4", nil); !errors.Is(err, ErrAccountLimit) {
		t.Errorf("three failures of two proxies: %v", err)
	}
	news := a.takeUntold()
	if len(news) == 0 || len(a.takeUntold()) > 0 {
		t.Error("what was not told is not told, or twice")
	}
	a.returnUntold(news)
	if again := a.takeUntold(); len(again) != len(news) {
		t.Errorf("what could not be told is lost: %v, %v", again, news)
	}
	b.hear([]translate.Failures{{Subject: uint64(subjectOf("account", "bob")), Count: 9, Age: bearable.Window}}, bearable.Window)
	if err := b.try(t, bearable, home4(3), "bob", "x", nil); err != nil {
		t.Errorf("a window that is over was heard of: %v", err)
	}
}
