package submission

import (
	"bufio"
	"bytes"
	"strings"
	"time"

	"popbridge/translate"
)

// Write sends the device a reply of the server, or what it gets in its place.
func (w *wire) Write(p []byte) (int, error) {
	w.out = append(w.out, p...)
	for {
		end := replyEnd(w.out)
		if end == 0 {
			return len(p), nil
		}
		reply := w.out[:end]
		w.out = w.out[end:]
		if w.swallow > 0 {
			w.swallow--
			continue
		}
		if w.instead != nil {
			reply, w.instead = w.instead, nil
		}
		if err := w.send(reply); err != nil {
			return 0, err
		}
	}
}

// replyEnd is how long the first reply is, 0 where it is not whole.
func replyEnd(p []byte) int {
	at := 0
	for {
		i := bytes.IndexByte(p[at:], '\n')
		if i < 0 {
			return 0
		}
		more := i > 3 && p[at+3] == '-'
		if at += i + 1; !more {
			return at
		}
	}
}

// say answers in place of the server.
func (w *wire) say(line string) { _ = w.send([]byte(line + "\r\n")) }

// writeGrace is how long a device may take to read a reply, where limits.idle_timeout is
// not less.
const writeGrace = 30 * time.Second

// unheard ends a session whose device was not told something: nothing more of what it
// has sent is done.
func (w *wire) unheard(err error) {
	_ = w.failed(err)
	_ = w.raw.Close() // TLS would say goodbye
	_ = w.Close()
}

func (w *wire) send(reply []byte) error {
	code := string(reply[:min(3, len(reply))])
	w.asked = code == "334"
	w.data = code == "354"
	if w.data {
		w.scan = translate.DataScanner{BareLF: w.bareLF}
		if w.r.Size() < dataSize {
			w.r = bufio.NewReaderSize(w.r, dataSize)
		}
	}
	if closing := w.session.replied(code, w.verb, w.since); closing != "" {
		reply, w.last = append(bytes.Clone(reply), closing+"\r\n"...), true
	}
	w.trace("S", strings.TrimRight(string(reply), "\r\n"))
	_, err := w.Conn.Write(reply)
	if err != nil {
		w.unheard(err)
		return err
	}
	if w.last && !w.asked {
		_ = w.Conn.Close()
	}
	return err
}

func (w *wire) trace(dir, line string) {
	if s := w.session; s.Log.IsTrace() {
		s.Log.Named("smtp").Trace("wire", "dir", dir, "line", line)
	}
}
