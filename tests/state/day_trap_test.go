package state_test

import (
	"bufio"
	"encoding/base64"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// trapWire stands between proxies and an upstream, and passes on what either says until
// a command comes for which somebody has set a trap: so a fault comes at the one moment
// that a guard is for, which chance would rarely hit.
type trapWire struct {
	address string
	to      string

	mu    sync.Mutex
	traps map[string]*trap // by login
}

// trap is what happens to an account's connection when a command passes.
type trap struct {
	command string // a part of it
	cut     bool   // the connections end before the command arrives, all on which it comes; else one answer is held
	after   int    // or only when so many octets of its answer have gone on, 0: before it arrives
	caught  chan struct{}
	free    chan struct{} // closed: what was held goes on
	once    sync.Once
	frees   sync.Once
}

func newTrapWire(t testing.TB, to string) *trapWire {
	t.Helper()
	w := &trapWire{to: to, traps: make(map[string]*trap)}
	w.address = carries(t, w.carry, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, trap := range w.traps {
			trap.release()
		}
	})
	return w
}

// hold is a trap that holds the answer to the next command with these words.
func hold(command string) *trap {
	return &trap{command: command, caught: make(chan struct{}), free: make(chan struct{})}
}

// cut is a trap that ends each connection on which such a command comes.
func cut(command string) *trap {
	t := hold(command)
	t.cut = true
	return t
}

// set sets a trap for an account. It has one at a time.
func (w *trapWire) set(login string, t *trap) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.traps[login] = t
}

// unset takes an account's trap away, and what it holds goes on.
func (w *trapWire) unset(login string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if t := w.traps[login]; t != nil {
		delete(w.traps, login)
		t.release()
	}
}

func (t *trap) release() { t.frees.Do(func() { close(t.free) }) }
func (t *trap) catch()   { t.once.Do(func() { close(t.caught) }) }

// caughtBy gives the trap that a command has walked into, nil for none.
func (w *trapWire) caughtBy(login, line string) *trap {
	w.mu.Lock()
	defer w.mu.Unlock()
	t := w.traps[login]
	if t == nil || !strings.Contains(line, t.command) {
		return nil
	}
	select {
	case <-t.caught:
		if !t.cut {
			return nil // it holds one answer
		}
	default:
	}
	return t
}

// carry ends when both sides have ended, or one does not take anything any more.
func (w *trapWire) carry(down net.Conn) {
	defer down.Close()
	up, err := net.Dial("tcp", w.to)
	if err != nil {
		return
	}
	defer up.Close()
	var held atomic.Pointer[trap]
	var answers sync.WaitGroup
	answers.Go(func() {
		defer down.Close()
		buf := make([]byte, 32<<10)
		for passed := 0; ; {
			n, err := up.Read(buf)
			t := held.Load()
			switch {
			case t == nil:
			case !t.cut && n > 0:
				t.catch() // the upstream has done it, and popbridge does not know
				<-t.free
			case t.cut && passed >= t.after:
				t.catch()
				return
			default:
				passed += n
			}
			if _, werr := down.Write(buf[:n]); err != nil || werr != nil {
				return
			}
		}
	})
	lines, login := bufio.NewReader(down), ""
	for {
		line, err := lines.ReadString('\n')
		if who := loginOf(line); who != "" {
			login = who
		}
		if t := w.caughtBy(login, line); t != nil && t.cut && t.after == 0 {
			t.catch()
			break
		} else if t != nil {
			held.Store(t)
		}
		if _, werr := io.WriteString(up, line); err != nil || werr != nil {
			break
		}
	}
	_ = up.Close()
	answers.Wait()
}

// loginOf is the login that a command names, "" for none.
func loginOf(line string) string {
	words := strings.Fields(line)
	if len(words) < 4 || words[1] != "AUTHENTICATE" {
		return ""
	}
	text, err := base64.StdEncoding.DecodeString(words[3])
	parts := strings.Split(string(text), "\x00")
	if err != nil || len(parts) != 3 {
		return ""
	}
	return parts[1]
}
