package page

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestMemo: an answer that takes a second is made once in twenty, however many ask, and
// nobody waits for it; what is too old or was forgotten is not known, and what has failed
// says so.
func TestMemo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		made, fails := 0, false
		m := memo[int]{make: func(context.Context) (int, error) {
			time.Sleep(time.Second)
			if made++; fails {
				return 0, errors.New("no")
			}
			return made, nil
		}}
		// A want of 0 is for what is not known.
		get := func(want int, wait time.Duration) {
			t.Helper()
			began := time.Now()
			got, known, err := m.get(t.Context())
			if got != want || known != (want != 0) || err != nil || time.Since(began) != wait {
				t.Errorf("it is %d, %v, %v after %v, want %d after %v", got, known, err, time.Since(began), want, wait)
			}
		}
		get(0, glance)
		time.Sleep(2 * time.Second)
		for range 19 {
			get(1, 0)
			time.Sleep(time.Second)
		}
		get(1, glance) // made anew behind it
		time.Sleep(2 * time.Second)
		get(2, 0)
		time.Sleep(time.Minute)
		get(0, glance) // too old to be shown as what is so now
		time.Sleep(2 * time.Second)
		get(3, 0)
		m.forget()
		get(0, glance)
		time.Sleep(2 * time.Second)
		get(4, 0)
		fails = true
		m.forget()
		get(0, glance)
		time.Sleep(2 * time.Second)
		if got, known, err := m.get(t.Context()); got != 0 || known || err == nil {
			t.Errorf("what has failed is %d, %v, %v", got, known, err)
		}
		fails = false
		time.Sleep(20 * time.Second)
		_, _, _ = m.get(t.Context())
		time.Sleep(2 * time.Second)
		get(6, 0)
	})
}

// What is quickly made is there at once, the first time too.
func TestMemoOfQuickAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := memo[int]{make: func(context.Context) (int, error) {
			time.Sleep(glance / 2)
			return 1, nil
		}}
		began := time.Now()
		if got, known, err := m.get(t.Context()); got != 1 || !known || err != nil || time.Since(began) != glance/2 {
			t.Errorf("it is %d, %v, %v after %v", got, known, err, time.Since(began))
		}
	})
}

// A page that can do without the answer gets the newest that there is.
func TestMemoAtAGlance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		made := 0
		m := memo[int]{make: func(context.Context) (int, error) {
			time.Sleep(time.Second)
			made++
			return made, nil
		}}
		now := func(want int, age time.Duration) {
			t.Helper()
			got, at, err := m.newest(t.Context())
			if got != want || err != nil || want > 0 && time.Since(at) != age || want == 0 && !at.IsZero() {
				t.Errorf("it is %d of %v ago, %v", got, time.Since(at), err)
			}
		}
		now(0, 0)
		time.Sleep(2 * time.Second)
		now(1, 1100*time.Millisecond)
		time.Sleep(time.Hour)
		now(1, time.Hour+1200*time.Millisecond)
		time.Sleep(2 * time.Second)
		now(2, 1100*time.Millisecond)
	})
}

// Who does not wait any more gets nothing, and ends nothing for others.
func TestMemoLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := memo[int]{make: func(ctx context.Context) (int, error) {
			time.Sleep(time.Second)
			return 1, ctx.Err()
		}}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if _, _, err := m.get(ctx); err == nil {
			t.Error("it was waited for")
		}
		time.Sleep(2 * time.Second)
		if got, known, err := m.get(t.Context()); got != 1 || !known || err != nil {
			t.Errorf("then it is %d, %v, %v", got, known, err)
		}
	})
}
