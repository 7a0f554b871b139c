package state_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"time"
)

// wreck is a device that does nothing as it should. It deletes nothing, whatever it
// marks, since it never comes to QUIT.
type wreck struct {
	site   *daySite
	bag    *mailbag
	random *rand.Rand
	from   int
	pause  time.Duration
	turns  int
}

// misbehave goes on until time is over.
func (w *wreck) misbehave(ctx context.Context) {
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Duration(w.random.Int64N(int64(w.pause)))):
		}
		nc, err := w.site.dial(w.random, w.from)
		if err != nil {
			continue
		}
		_ = nc.SetDeadline(time.Now().Add(w.site.waits()))
		w.turn(nc)
		_ = nc.Close()
		w.turns++
	}
}

// turn is one session. What is sent may not arrive and what is awaited may not come:
// only what must never be said is a fault.
func (w *wreck) turn(nc net.Conn) {
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(nc, format+"\r\n", args...) }
	lines := bufio.NewReader(nc)
	login := named(w.bag.user, "wreck")
	right := func() {
		say("USER %s\r\nPASS %s", login, password(w.bag.user))
		for range 3 {
			_, _ = lines.ReadString('\n')
		}
	}
	switch w.random.IntN(7) {
	case 0: // goes before it is greeted
	case 1:
		_, _ = io.WriteString(nc, "USER "+login+"\r\nPASS "+password(w.bag.user)) // and no end
	case 2:
		say("USER %s\r\nPASS wrong", login)
		_, _ = lines.ReadString('\n')
		_, _ = lines.ReadString('\n')
		if line, _ := lines.ReadString('\n'); strings.HasPrefix(line, "+OK") {
			w.site.t.Errorf("%s is let in with a wrong password: %s", login, line)
		}
	case 3:
		right()
		say("DELE 1\r\nDELE 2")
	case 4:
		right()
		say("RETR 1")
	case 5: // never reads
		right()
		for range 500 {
			say("UIDL\r\nRETR 1\r\nRETR 2")
		}
		time.Sleep(time.Duration(w.random.Int64N(int64(3 * time.Second))))
	case 6:
		for range 30 {
			say("\x00\xff %s", strings.Repeat("x", w.random.IntN(300)))
		}
	}
}
