package translate

import (
	"strings"
	"testing"
	"time"
)

func TestExpectIsReadAsItIsWritten(t *testing.T) {
	for text, want := range map[string]Expect{"1h0m0s": {Every: time.Hour}, "auto": {Auto: true}, "0s": {}, "1s": {Every: time.Second}} {
		var e Expect
		if err := e.UnmarshalText([]byte(text)); err != nil || e != want || e.String() != text || ExpectOf(e.Number()) != want || e.Never() != (want == Expect{}) {
			t.Errorf("%q is %v, %v", text, e, err)
		}
	}
	for _, text := range []string{"", "60", "-1h", "10ms", "never", "999999h"} {
		if err := new(Expect).UnmarshalText([]byte(text)); err == nil || !strings.Contains(err.Error(), `"1h"`) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// A device is never overdue before its time, though its last login may be known as earlier
// than it was, and within a minute after it.
func TestDueIsWithinAMinute(t *testing.T) {
	well := time.Unix(1_800_000_000, 0)
	for _, every := range []time.Duration{time.Second, time.Minute, time.Hour, 30 * 24 * time.Hour} {
		e := Expect{Every: every}
		due, ok := e.Due(well, Habit{})
		late := due.Sub(well) - every
		if !ok || late < e.Precision() || late > time.Minute/2 {
			t.Errorf("%v: late by %v, noted every %v", every, late, e.Precision())
		}
	}
	if _, ok := (Expect{}).Due(well, Habit{}); ok {
		t.Error("one of which nothing is expected is overdue")
	}
}

// A device that polls every five minutes from nine to five on working days is expected back
// after a weekend, and not before the first one was seen.
func TestHabitKnowsNightsAndWeekends(t *testing.T) {
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) // a Monday
	began, last := at, at
	h := ParseHabit("what nobody has written")
	auto := Expect{Auto: true}
	for ; at.Sub(began) < 28*24*time.Hour; at = at.Add(5 * time.Minute) {
		if due, ok := auto.Due(last, h); ok && due.Before(at) {
			t.Fatalf("overdue at %v, last seen %v, by %v", at, last, h)
		}
		if day := at.Weekday(); day == time.Saturday || day == time.Sunday || at.Hour() < 9 || at.Hour() >= 17 {
			continue
		}
		h, last = ParseHabit(h.Saw(at, at.Sub(last)).String()), at
	}
	every, ok := h.Expects(at)
	if !ok || every < 64*time.Hour || every > 97*time.Hour {
		t.Errorf("expected every %v, %v", every, ok)
	}
	if len(h.Gaps) > habitDays {
		t.Errorf("%d days are remembered", len(h.Gaps))
	}
	// One that polls day and night is missed soon.
	h = Habit{}
	for i := range 14 * 24 * 12 {
		h = h.Saw(began.Add(time.Duration(i)*5*time.Minute), 5*time.Minute)
	}
	if every, ok := h.Expects(began.Add(14 * 24 * time.Hour)); !ok || every != leastHabit {
		t.Errorf("expected every %v, %v", every, ok)
	}
}
