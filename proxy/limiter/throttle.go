package limiter

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// What anybody can bring about by connecting must not fill the log's disk: a line of
// such a kind is written at most once a second for an address, and says how
// many times it happened; and of a name only so much is written that it can be told.

const (
	throttleInterval = time.Second
	// throttledMax bounds the addresses that are told apart at the same time; those
	// beyond it share a line.
	throttledMax = 1 << 14
	// nameMax is how many octets of a name stand in the log.
	nameMax = 128
)

// Throttle keeps lines of the log back.
type Throttle struct {
	interval time.Duration

	mu      sync.Mutex
	waiting map[throttleKey]*throttledLine
}

// throttleKey is a line by its message, and whose address it is about.
type throttleKey struct {
	message   string
	household netip.Prefix
}

// throttledLine is what has to be written when its interval is over.
type throttledLine struct {
	times int
	write func(message string, args ...any)
	args  []any
}

// NewThrottle makes one; it needs no end.
func NewThrottle() *Throttle { return newThrottle(throttleInterval) }

func newThrottle(interval time.Duration) *Throttle {
	return &Throttle{interval: interval, waiting: make(map[throttleKey]*throttledLine)}
}

// Say writes a line now, or with others like it when an interval has passed since
// the last one; then the line is that of the last. write is a logger's method.
func (t *Throttle) Say(write func(message string, args ...any), client netip.Addr, message string, args ...any) {
	key := throttleKey{message, Household(client)}
	t.mu.Lock()
	line := t.waiting[key]
	if line == nil && len(t.waiting) >= throttledMax {
		key.household = netip.Prefix{}
		line = t.waiting[key]
	}
	if line != nil {
		line.times, line.write, line.args = line.times+1, write, args
		t.mu.Unlock()
		return
	}
	t.waiting[key] = &throttledLine{}
	t.mu.Unlock()
	time.AfterFunc(t.interval, func() { t.over(key) })
	write(message, append(args, "times", 1)...)
}

// over is called when an interval has passed since a line was written.
func (t *Throttle) over(key throttleKey) {
	t.mu.Lock()
	line := t.waiting[key]
	if line.times == 0 {
		delete(t.waiting, key)
		t.mu.Unlock()
		return
	}
	t.waiting[key] = &throttledLine{}
	t.mu.Unlock()
	time.AfterFunc(t.interval, func() { t.over(key) })
	line.write(key.message, append(line.args, "times", line.times)...)
}

// LogName is a name as it stands in the log: in one line (CWE-117), since the logger
// writes out a value of several lines as it stands, and not longer than can be told.
func LogName(name string) string {
	if long := len(name); long > nameMax {
		cut := nameMax
		for cut > nameMax-utf8.UTFMax && !utf8.RuneStart(name[cut]) {
			cut--
		}
		name = fmt.Sprintf("%s… (%d octets)", name[:cut], long)
	}
	if strings.ContainsAny(name, "\r\n") {
		return strconv.Quote(name)
	}
	return name
}
