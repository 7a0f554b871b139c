package state_test

import (
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"
)

// slowest is how long a chunk of what popbridge and its upstream say to each
// other may be held back.
const slowest = time.Second

// lateWire stands between popbridge and Dovecot, and holds back what either side
// says, in pieces that need not end where a line does. Most pieces are in time and
// some are very late, so that what was asked first is often answered last. What a process has said before it is killed arrives all the same, as on a
// network.
type lateWire struct {
	address string
	to      string
	slowest time.Duration
}

func newLateWire(t testing.TB, to string, slowest time.Duration, random *rand.Rand) *lateWire {
	t.Helper()
	w := &lateWire{to: to, slowest: slowest}
	var draw sync.Mutex
	seeded := func() *rand.Rand {
		draw.Lock()
		defer draw.Unlock()
		return rand.New(rand.NewPCG(random.Uint64(), 0))
	}
	w.address = carries(t, func(down net.Conn) { w.carry(down, seeded(), seeded()) }, func() {})
	return w
}

// carry ends when both sides have ended, or one does not take anything any more.
func (w *lateWire) carry(down net.Conn, there, back *rand.Rand) {
	defer down.Close()
	up, err := net.Dial("tcp", w.to)
	if err != nil {
		return
	}
	defer up.Close()
	var answers sync.WaitGroup
	answers.Go(func() { w.late(down, up, back) })
	w.late(up, down, there)
	answers.Wait()
}

// late passes on what from says until it ends, and then ends to.
func (w *lateWire) late(to io.WriteCloser, from io.Reader, random *rand.Rand) {
	defer to.Close()
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		for rest := buf[:n]; len(rest) > 0; {
			piece := len(rest)
			if random.IntN(4) == 0 {
				piece = 1 + random.IntN(piece)
			}
			if random.IntN(4) == 0 {
				time.Sleep(time.Duration(random.Int64N(int64(w.slowest))))
			}
			if _, err := to.Write(rest[:piece]); err != nil {
				return
			}
			rest = rest[piece:]
		}
		if err != nil {
			return
		}
	}
}
