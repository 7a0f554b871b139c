package proxy

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
	seldomInterval = time.Second
	// seldomKept bounds the addresses that are told apart at the same time; those
	// beyond it share a line.
	seldomKept = 1 << 14
	// nameShown is how many octets of a name stand in the log.
	nameShown = 128
)

// seldom keeps lines of the log back.
type seldom struct {
	interval time.Duration

	mu      sync.Mutex
	waiting map[seldomKey]*seldomLine
}

// seldomKey is a line by its message, and whose address it is about.
type seldomKey struct {
	message   string
	household netip.Prefix
}

// seldomLine is what has to be written when its interval is over.
type seldomLine struct {
	times int
	write func(message string, args ...any)
	args  []any
}

func newSeldom(interval time.Duration) *seldom {
	return &seldom{interval: interval, waiting: make(map[seldomKey]*seldomLine)}
}

// say writes a line now, or with others like it when an interval has passed since
// the last one; then the line is that of the last. write is a logger's method.
func (q *seldom) say(write func(message string, args ...any), client netip.Addr, message string, args ...any) {
	key := seldomKey{message, household(client)}
	q.mu.Lock()
	line := q.waiting[key]
	if line == nil && len(q.waiting) >= seldomKept {
		key.household = netip.Prefix{}
		line = q.waiting[key]
	}
	if line != nil {
		line.times, line.write, line.args = line.times+1, write, args
		q.mu.Unlock()
		return
	}
	q.waiting[key] = &seldomLine{}
	q.mu.Unlock()
	time.AfterFunc(q.interval, func() { q.over(key) })
	write(message, append(args, "times", 1)...)
}

// over is called when an interval has passed since a line was written.
func (q *seldom) over(key seldomKey) {
	q.mu.Lock()
	line := q.waiting[key]
	if line.times == 0 {
		delete(q.waiting, key)
		q.mu.Unlock()
		return
	}
	q.waiting[key] = &seldomLine{}
	q.mu.Unlock()
	time.AfterFunc(q.interval, func() { q.over(key) })
	line.write(key.message, append(line.args, "times", line.times)...)
}

// shown is a name as it stands in the log: in one line (CWE-117), since the logger
// writes out a value of several lines as it stands, and not longer than can be told.
func shown(name string) string {
	if long := len(name); long > nameShown {
		cut := nameShown
		for cut > nameShown-utf8.UTFMax && !utf8.RuneStart(name[cut]) {
			cut--
		}
		name = fmt.Sprintf("%s… (%d octets)", name[:cut], long)
	}
	if strings.ContainsAny(name, "\r\n") {
		return strconv.Quote(name)
	}
	return name
}
