package door

import (
	"bytes"
	"io"
	"runtime"
	"testing"
	"time"

	"popbridge/tests/liars"
)

// TestWhatIsTakenAtOnce: what our machine takes at once asks nothing, and of what it takes
// in part, and of a device that is slow, every octet arrives once and in order.
func TestWhatIsTakenAtOnce(t *testing.T) {
	device, nc := liars.Pair(t)
	defer nc.Close()
	p := NewPatient(nc, func(_, since time.Time) time.Time { return since.Add(time.Minute) })
	asked := 0
	ask := p.reads.unread
	p.reads.unread = func() (int, bool) { asked++; return ask() }
	if _, err := p.Write([]byte("+OK")); err != nil || asked > 0 && runtime.GOOS == "linux" {
		t.Errorf("three octets needed %d questions, %v", asked, err)
	}
	all := make([]byte, 16<<20) // more than our machine takes at once
	for i := range all {
		all[i] = byte(i >> 12)
	}
	wrote := make(chan error, 1)
	go func() {
		_, err := p.Write(all)
		wrote <- err
		nc.Close()
	}()
	got, err := io.ReadAll(device)
	if err != nil || !bytes.Equal(got, append([]byte("+OK"), all...)) {
		t.Errorf("%d octets came, %v, and they are not those that were sent", len(got), err)
	}
	if err := <-wrote; err != nil || asked == 0 {
		t.Errorf("%v, after %d questions", err, asked)
	}
}

// TestTaken: of a device that reads nothing of what was taken at once it is known later
// when it has last read, and one that reads has read just now.
func TestTaken(t *testing.T) {
	left := 0
	r := &reading{unread: func() (int, bool) { return left, true }}
	before := time.Now()
	r.took(100)
	r.took(50)
	first := r.last
	if first.Before(before) {
		t.Errorf("it is taken to have read last at %v, before %v", first, before)
	}
	left = 150
	if got := r.since(first.Add(time.Hour)); !got.Equal(first) {
		t.Errorf("it has read nothing, and last read at %v instead of %v", got, first)
	}
	r.took(10)
	left = 155
	if got := r.since(first.Add(2 * time.Hour)); !got.Equal(first.Add(2 * time.Hour)) {
		t.Errorf("it has read something, and last read at %v", got)
	}
}
