package main

import (
	"testing"
	"time"
)

func TestTimeLeft(t *testing.T) {
	for d, want := range map[time.Duration]string{
		20 * time.Second: "0m", 5 * time.Minute: "5m", time.Hour: "1h", 10 * time.Hour: "10h", 2*time.Hour + 5*time.Minute + 31*time.Second: "2h6m",
	} {
		if got := inMinutes(d); got != want {
			t.Errorf("%v is written %q, want %q", d, got, want)
		}
	}
}
