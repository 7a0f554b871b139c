package database

import (
	"context"
	"errors"
	"testing"
	"time"
)

// TestBounded: the time of a question ends with its own bound, with the caller's, and with
// the answer, whether anybody has waited for that by then or not.
func TestBounded(t *testing.T) {
	b, cancel := Bounded(t.Context())
	if at, ok := b.Deadline(); !ok || time.Until(at) > Patience || b.Err() != nil {
		t.Errorf("it ends at %v, %v", at, b.Err())
	}
	cancel()
	if <-b.Done(); !errors.Is(b.Err(), context.Canceled) {
		t.Errorf("behind the answer: %v", b.Err())
	}
	b, cancel = Bounded(t.Context())
	cancel()
	if <-b.Done(); !errors.Is(b.Err(), context.Canceled) {
		t.Errorf("behind an answer that nobody waited for: %v", b.Err())
	}
	soon, stop := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer stop()
	b, cancel = Bounded(soon)
	defer cancel()
	own, _ := soon.Deadline()
	if at, ok := b.Deadline(); !ok || !at.Equal(own) {
		t.Errorf("it ends at %v, and the caller's time at %v", at, own)
	}
	if <-b.Done(); !errors.Is(b.Err(), context.DeadlineExceeded) {
		t.Errorf("behind the caller's time: %v", b.Err())
	}
	over := &bounded{Context: t.Context(), deadline: time.Now()}
	defer over.cancel()
	if <-over.Done(); !errors.Is(over.Err(), context.DeadlineExceeded) {
		t.Errorf("behind its own time: %v", over.Err())
	}
}
