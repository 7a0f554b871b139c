package limiter

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestJudge(t *testing.T) {
	l := Limits{PerIP: 4, PerAccount: 2, Delay: 16 * time.Second}
	for name, c := range map[string]struct {
		address, account standing
		proven           bool
		want             verdict
	}{
		"the first":                              {want: verdictTry},
		"one below each limit":                   {address: standing{failed: 3}, account: standing{failed: 1}, want: verdictTry},
		"the account has failed enough":          {account: standing{failed: 2}, want: verdictAccount},
		"the address has failed enough":          {address: standing{failed: 4}, want: verdictAddress},
		"both have":                              {address: standing{failed: 4}, account: standing{failed: 2}, want: verdictAddress},
		"others are tried for the account":       {account: standing{failed: 1, pending: 1}, want: verdictWait},
		"others are tried from the address":      {address: standing{pending: 4}, want: verdictWait},
		"proven, and the account has failed":     {account: standing{failed: 9, pending: 9}, proven: true, want: verdictTry},
		"proven, and the address is busy":        {address: standing{failed: 3, pending: 9}, proven: true, want: verdictTry},
		"proven, and the address has failed":     {address: standing{failed: 4}, proven: true, want: verdictAddress},
		"more has failed than one proxy allowed": {account: standing{failed: 7}, want: verdictAccount},
	} {
		if got := l.judge(c.address, c.account, c.proven); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
	if got := (Limits{}).judge(standing{failed: 1e6, pending: 1e6}, standing{failed: 1e6, pending: 1e6}, false); got != verdictTry {
		t.Errorf("without limits: %d", got)
	}
}

// However logins arrive and end, an account's failures never exceed its limit,
// and a login that waits has something to wait for.
func TestNoMoreFailuresThanAllowed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := Limits{PerIP: rapid.IntRange(0, 5).Draw(t, "per IP"), PerAccount: rapid.IntRange(1, 5).Draw(t, "per account")}
		var address, account standing
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			if rapid.Bool().Draw(t, "arrives") {
				switch l.judge(address, account, false) {
				case verdictTry:
					address.pending++
					account.pending++
				case verdictWait:
					if account.pending == 0 {
						t.Fatalf("a login waits for nothing: %+v, %+v", address, account)
					}
				}
			} else if account.pending > 0 {
				address.pending--
				account.pending--
				if rapid.Bool().Draw(t, "fails") {
					address.failed++
					account.failed++
				}
			}
			if account.failed > l.PerAccount || l.PerIP > 0 && address.failed > l.PerIP {
				t.Fatalf("%+v and %+v under %+v", address, account, l)
			}
		}
	})
}

func TestHold(t *testing.T) {
	l := Limits{Delay: 16 * time.Second}
	for failed, want := range []time.Duration{0, 0, 2, 4, 8, 16, 16, 16} {
		if got := l.delay(failed); got != want*time.Second {
			t.Errorf("the answer to failure %d is held back for %v, want %ds", failed, got, want)
		}
	}
	if got := (Limits{}).delay(100); got != 0 {
		t.Errorf("without a delay: %v", got)
	}
	if got := l.delay(1 << 40); got != l.Delay {
		t.Errorf("after very many: %v", got)
	}
}
