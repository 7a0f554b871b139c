package state_test

import (
	"context"
	"syscall"
	"testing"

	"popbridge/proxy/ledger"
	"popbridge/tests/bridge"
)

// ledgerOptions say where a driver's ledger is.
type ledgerOptions struct{ driver, source string }

// command does to the ledger what one of popbridge's commands does, beside a
// running service.
func (d driver) command(t testing.TB, do func(context.Context, *ledger.Store) error) {
	t.Helper()
	s, err := ledger.Open(t.Context(), ledger.Options{Driver: d.options.driver, Source: d.options.source})
	if err != nil {
		t.Fatal(err)
	}
	if err := do(t.Context(), s); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// intents are how many plans of each account are still written down.
func (d driver) intents(t testing.TB, victims []*victim) map[string]int {
	t.Helper()
	open := make(map[string]int)
	d.command(t, func(ctx context.Context, s *ledger.Store) error {
		for _, v := range victims {
			details, err := s.Account(ctx, v.user)
			if err != nil {
				return err
			}
			for _, p := range details.Pages {
				open[v.user] += p.Intents
			}
		}
		return nil
	})
	return open
}

// end stops a popbridge in good order.
func end(t testing.TB, b *bridge.Bridge) {
	t.Helper()
	b.Signal(syscall.SIGTERM)
	if code := b.Wait(); code != 0 {
		t.Errorf("popbridge ended with %d", code)
	}
}
