package public_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"popbridge/tests/bridge"
	"popbridge/tests/liars"
)

// wrongLogins counts, by account, the logins with a wrong password that an
// upstream has seen.
func wrongLogins(t testing.TB, upstream *liars.Server) map[string]int {
	t.Helper()
	wrong := make(map[string]int)
	for _, command := range upstream.Commands() {
		encoded, ok := strings.CutPrefix(command, "AUTHENTICATE PLAIN ")
		if !ok {
			continue
		}
		message, err := base64.StdEncoding.DecodeString(encoded)
		parts := strings.Split(string(message), "\x00")
		if err != nil || len(parts) != 3 {
			t.Fatalf("a login that is not PLAIN's: %q", command)
		}
		if parts[2] != liars.Password {
			wrong[parts[1]]++
		}
	}
	return wrong
}

// poll is an honest device's session; it gives what went wrong.
func poll(t testing.TB, b *bridge.Bridge, ip, account string) error {
	nc := bridge.Connect(t, ip, b.Address("pop3"))
	defer nc.Close()
	if _, err := fmt.Fprintf(nc, "USER %s\r\nPASS %s\r\nSTAT\r\nQUIT\r\n", account, liars.Password); err != nil {
		return err
	}
	said := bridge.Everything(t, nc)
	if strings.Count(said, "+OK") != 5 || strings.Contains(said, "-ERR") {
		return fmt.Errorf("%s from %s heard %q", account, ip, said)
	}
	return nil
}

// TestGuessing: 10,000 wrong passwords from 50 addresses, while 20 honest devices
// poll. No honest login fails, and no upstream sees more wrong passwords for an
// account than failures_per_account.
func TestGuessing(t *testing.T) {
	t.Parallel()
	const devices, guessers, guesses, most = 20, 50, 200, 10
	upstream := liars.New(t, liars.Options{})
	b := start(t, upstream.Address(), "", `limits: {failure_delay: "0s", failures_per_account: 10, failures_per_ip: 20}`)
	account := func(i int) string { return fmt.Sprintf("device%02d@example.org", i) }
	home := func(i int) string { return fmt.Sprintf("127.1.0.%d", i+1) }
	for i := range devices {
		if err := poll(t, b, home(i), account(i)); err != nil {
			t.Fatalf("before the attack: %v", err)
		}
	}
	var sent, polls atomic.Int64
	var attack, honest sync.WaitGroup
	over := make(chan struct{})
	for i := range devices {
		honest.Go(func() {
			for ended := false; !ended; {
				select {
				case <-over:
					ended = true // and once more behind it
				default:
				}
				if err := poll(t, b, home(i), account(i)); err != nil {
					t.Errorf("during the attack: %v", err)
					return
				}
				polls.Add(1)
			}
		})
	}
	for g := range guessers {
		attack.Go(func() {
			for n := 0; n < guesses; {
				// A connection closes after ten answers of [AUTH].
				nc := bridge.Connect(t, fmt.Sprintf("127.2.0.%d", g+1), b.Address("pop3"))
				var script strings.Builder
				for range 10 {
					fmt.Fprintf(&script, "USER %s\r\nPASS guess-%d-%d\r\n", account((g+n)%devices), g, n)
					n++
				}
				_, _ = nc.Write([]byte(script.String() + "QUIT\r\n"))
				said := bridge.Everything(t, nc)
				_ = nc.Close()
				if strings.Contains(said, "messages (") {
					t.Errorf("a guess was right: %q", said)
				}
				sent.Add(int64(strings.Count(said, "-ERR [")))
			}
		})
	}
	attack.Wait()
	close(over)
	honest.Wait()
	if sent.Load() != guessers*guesses {
		t.Errorf("%d guesses were answered, want %d", sent.Load(), guessers*guesses)
	}
	wrong := wrongLogins(t, upstream)
	for who, n := range wrong {
		if n > most {
			t.Errorf("the upstream saw %d wrong passwords for %s", n, who)
		}
	}
	if len(wrong) != devices {
		t.Errorf("wrong passwords reached %d accounts upstream, want %d", len(wrong), devices)
	}
	t.Logf("%d guesses, %d polls of %d devices; upstream: %v", sent.Load(), polls.Load(), devices, wrong)
	b.AwaitLine("login refused", "code=SYS/TEMP", "failures_per_account")
	b.AwaitLine("login refused", "code=SYS/TEMP", "failures_per_ip")
}

// TestGuessersLearnNothing: whoever is over a limit hears the same words for a
// right password and a wrong one, for an account that exists and one that does
// not.
func TestGuessersLearnNothing(t *testing.T) {
	t.Parallel()
	upstream := liars.New(t, liars.Options{})
	b := start(t, upstream.Address(), "", `route: [{user: "*@example.org", upstream: mail}]
limits: {failure_delay: "0s", failures_per_account: 2, failures_per_ip: 1000}`)
	for _, account := range []string{"alice@example.org", "nobody@elsewhere.example"} {
		answers := make(map[string]bool)
		for i := range 6 {
			secret := fmt.Sprint("guess", i)
			if i == 5 {
				secret = liars.Password
			}
			c := bridge.Use(t, bridge.Connect(t, fmt.Sprintf("127.4.0.%d", i+1), b.Address("pop3")))
			c.Expect("+OK")
			c.OK("USER " + account)
			answer := c.Err("PASS " + secret)
			if want := "[SYS/TEMP] mail server is not available now, try again later"; i >= 2 && answer != want {
				t.Errorf("%s, attempt %d: %q, want %q", account, i, answer, want)
			}
			answers[answer] = true
			c.Cut()
		}
		if len(answers) != 2 {
			t.Errorf("%s: the answers were %v", account, answers)
		}
	}
}

// TestFailuresAreAnsweredLate: the second failure and those behind it wait, and
// an honest login does not.
func TestFailuresAreAnsweredLate(t *testing.T) {
	t.Parallel()
	upstream := liars.New(t, liars.Options{})
	b := start(t, upstream.Address(), "", `limits: {failure_delay: 2s, failures_per_account: 0}`)
	c := bridge.Use(t, bridge.Connect(t, "127.5.0.1", b.Address("pop3")))
	c.Expect("+OK")
	for i, least := range []time.Duration{0, 250 * time.Millisecond, 500 * time.Millisecond, time.Second} {
		c.OK("USER alice@example.org")
		begin := time.Now()
		c.Err(fmt.Sprint("PASS guess", i))
		if took := time.Since(begin); took < least {
			t.Errorf("failure %d was answered after %v, want %v at least", i+1, took, least)
		}
	}
	// The time to log in goes on meanwhile, and a server that is told to stop
	// does not wait for it.
	c.OK("USER alice@example.org")
	c.Send("PASS another\r\n")
	b.AwaitTimes("login refused", 5)
}
