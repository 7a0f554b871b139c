package door

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"popbridge/tests/liars"
)

// machine is a device's connection that takes what it is told to take.
type machine struct {
	net.Conn
	takes  []int // octets of each write; what is less than all is a deadline that has passed
	err    error // instead, when nothing is left of takes
	unread int
	acks   []int // octets that the device reads during each write
	by     []time.Time
}

func (m *machine) SetWriteDeadline(t time.Time) error { m.by = append(m.by, t); return nil }
func (m *machine) SetDeadline(time.Time) error        { return nil }

func (m *machine) Write(p []byte) (int, error) {
	if len(m.takes) == 0 {
		return 0, m.err
	}
	n := min(m.takes[0], len(p))
	m.unread += n - m.acks[0]
	m.takes, m.acks = m.takes[1:], m.acks[1:]
	if n < len(p) {
		return n, os.ErrDeadlineExceeded
	}
	return n, nil
}

// TestPatient: a write goes on where the device reads, however little room our own
// machine has, and no longer than it reads.
func TestPatient(t *testing.T) {
	const timeout = time.Hour
	for name, c := range map[string]struct {
		machine machine
		silent  time.Duration // for so long nothing was read before
		bound   time.Duration // of SetWriteDeadline, from now on
		done    int
		err     error
		by      []time.Duration // from now on
	}{
		"all is taken":                      {machine: machine{takes: []int{1000}, acks: []int{0}}, done: 1000, by: []time.Duration{timeout / 8}},
		"all is taken, nothing is read":     {machine: machine{takes: []int{1000}, acks: []int{0}, unread: 9}, silent: 50 * time.Minute, done: 1000, by: []time.Duration{timeout / 8}},
		"little time is left":               {machine: machine{takes: []int{1000}, acks: []int{0}, unread: 9}, silent: 55 * time.Minute, done: 1000, by: []time.Duration{5 * time.Minute}},
		"it is looked for now and then":     {machine: machine{takes: []int{0, 0, 1000}, acks: []int{0, 0, 0}, unread: 9}, silent: 30 * time.Minute, done: 1000, by: []time.Duration{timeout / 8, timeout / 8, timeout / 8}},
		"nothing is read for too long":      {machine: machine{takes: []int{0}, acks: []int{0}, unread: 9}, silent: 2 * timeout, err: os.ErrDeadlineExceeded, by: []time.Duration{-timeout}},
		"a part is taken, and nothing read": {machine: machine{takes: []int{300}, acks: []int{0}, unread: 9}, silent: 2 * timeout, done: 300, err: os.ErrDeadlineExceeded, by: []time.Duration{-timeout}},
		"it reads meanwhile":                {machine: machine{takes: []int{300, 0, 700}, acks: []int{1, 1, 0}, unread: 9}, silent: 2 * timeout, done: 1000, by: []time.Duration{-timeout, timeout / 8, timeout / 8}},
		"it reads, and then no more":        {machine: machine{takes: []int{300, 100}, acks: []int{5, 0}, unread: 9, err: io.ErrClosedPipe}, silent: 2 * timeout, done: 400, err: io.ErrClosedPipe, by: []time.Duration{-timeout, timeout / 8, timeout / 8}},
		"it has gone":                       {machine: machine{err: io.ErrClosedPipe}, err: io.ErrClosedPipe, by: []time.Duration{timeout / 8}},
		"TLS says goodbye":                  {machine: machine{takes: []int{1000}, acks: []int{0}}, bound: time.Minute, done: 1000, by: []time.Duration{time.Minute / 8}},
	} {
		t.Run(name, func(t *testing.T) {
			m := &c.machine
			p := NewPatient(m, func(_, since time.Time) time.Time { return since.Add(timeout) })
			now := time.Now()
			p.reads = &reading{unread: func() (int, bool) { return m.unread, true }, left: m.unread, last: now.Add(-c.silent)}
			if c.bound > 0 {
				_ = p.SetWriteDeadline(now.Add(c.bound))
				m.by = nil
			}
			if done, err := p.Write(make([]byte, 1000)); done != c.done || !errors.Is(err, c.err) || err != nil && c.err == nil {
				t.Errorf("%d octets, %v; want %d, %v", done, err, c.done, c.err)
			}
			if len(m.by) != len(c.by) {
				t.Fatalf("%d writes, want %d", len(m.by), len(c.by))
			}
			for i, by := range m.by {
				if off := by.Sub(now.Add(c.by[i])); off < 0 || off > 7*time.Second {
					t.Errorf("the deadline of write %d is %v off", i, off)
				}
			}
		})
	}
}

// TestPatientLetsGo: once a write has failed, Close waits for nobody, and what is not
// read is gone.
func TestPatientLetsGo(t *testing.T) {
	device, nc := liars.Pair(t)
	begun := time.Now()
	p := NewPatient(nc, func(time.Time, time.Time) time.Time { return begun.Add(100 * time.Millisecond) })
	var err error
	for err == nil {
		_, err = p.Write(make([]byte, 64<<10))
	}
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatal(err)
	}
	p.Close()
	// It would read what our machine has kept, up to a proper end.
	if _, err := io.Copy(io.Discard, device); err == nil {
		t.Error("the device was given all that it had not read")
	}
}

// TestPatientLastWord: what is said when time is over has a moment more, and not a
// moment more each time that it gets nowhere.
func TestPatientLastWord(t *testing.T) {
	m := &machine{takes: make([]int, 1000), acks: make([]int, 1000), unread: 9, err: io.ErrClosedPipe}
	p := NewPatient(m, func(begun, _ time.Time) time.Time { return begun.Add(time.Millisecond) })
	p.reads = &reading{unread: func() (int, bool) { time.Sleep(time.Millisecond); return 9, true }, left: 9, last: time.Now().Add(-time.Hour)}
	if _, err := p.Write([]byte("-ERR login took too long\r\n")); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("it was tried %d times: %v", len(m.by), err)
	}
}
