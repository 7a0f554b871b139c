package translate

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestJudge(t *testing.T) {
	l := GuessLimits{PerIP: 4, PerAccount: 2, Delay: 16 * time.Second}
	for name, c := range map[string]struct {
		address, account Standing
		proven           bool
		want             Verdict
	}{
		"the first":                              {want: VerdictTry},
		"one below each limit":                   {address: Standing{Failed: 3}, account: Standing{Failed: 1}, want: VerdictTry},
		"the account has failed enough":          {account: Standing{Failed: 2}, want: VerdictAccount},
		"the address has failed enough":          {address: Standing{Failed: 4}, want: VerdictAddress},
		"both have":                              {address: Standing{Failed: 4}, account: Standing{Failed: 2}, want: VerdictAddress},
		"others are tried for the account":       {account: Standing{Failed: 1, Pending: 1}, want: VerdictWait},
		"others are tried from the address":      {address: Standing{Pending: 4}, want: VerdictWait},
		"proven, and the account has failed":     {account: Standing{Failed: 9, Pending: 9}, proven: true, want: VerdictTry},
		"proven, and the address is busy":        {address: Standing{Failed: 3, Pending: 9}, proven: true, want: VerdictTry},
		"proven, and the address has failed":     {address: Standing{Failed: 4}, proven: true, want: VerdictAddress},
		"more has failed than one proxy allowed": {account: Standing{Failed: 7}, want: VerdictAccount},
	} {
		if got := l.Judge(c.address, c.account, c.proven); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
	if got := (GuessLimits{}).Judge(Standing{Failed: 1e6, Pending: 1e6}, Standing{Failed: 1e6, Pending: 1e6}, false); got != VerdictTry {
		t.Errorf("without limits: %d", got)
	}
}

// However logins arrive and end, an account's failures never exceed its limit,
// and a login that waits has something to wait for.
func TestNoMoreFailuresThanAllowed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := GuessLimits{PerIP: rapid.IntRange(0, 5).Draw(t, "per IP"), PerAccount: rapid.IntRange(1, 5).Draw(t, "per account")}
		var address, account Standing
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			if rapid.Bool().Draw(t, "arrives") {
				switch l.Judge(address, account, false) {
				case VerdictTry:
					address.Pending++
					account.Pending++
				case VerdictWait:
					if account.Pending == 0 {
						t.Fatalf("a login waits for nothing: %+v, %+v", address, account)
					}
				}
			} else if account.Pending > 0 {
				address.Pending--
				account.Pending--
				if rapid.Bool().Draw(t, "fails") {
					address.Failed++
					account.Failed++
				}
			}
			if account.Failed > l.PerAccount || l.PerIP > 0 && address.Failed > l.PerIP {
				t.Fatalf("%+v and %+v under %+v", address, account, l)
			}
		}
	})
}

func TestHold(t *testing.T) {
	l := GuessLimits{Delay: 16 * time.Second}
	for failed, want := range []time.Duration{0, 0, 2, 4, 8, 16, 16, 16} {
		if got := l.Hold(failed); got != want*time.Second {
			t.Errorf("the answer to failure %d is held back for %v, want %ds", failed, got, want)
		}
	}
	if got := (GuessLimits{}).Hold(100); got != 0 {
		t.Errorf("without a delay: %v", got)
	}
	if got := l.Hold(1 << 40); got != l.Delay {
		t.Errorf("after very many: %v", got)
	}
}
