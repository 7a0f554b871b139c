package imap

import (
	"compress/flate"
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"
)

// pollUntil polls until done says so, which the tests' servers see to.
func pollUntil(t *testing.T, c *Conn, done func() bool) {
	t.Helper()
	for end := time.Now().Add(hang); !done(); {
		if err := c.Poll(); err != nil && !done() || time.Now().After(end) {
			t.Fatalf("Poll: %v", err)
		}
	}
}

func TestIdle(t *testing.T) {
	c := dial(t, Options{}, greeted+`
	C: A1 IDLE
	S: * 3 EXISTS
	S: + idling
	S: * 5 EXISTS
	S: * 1 EXPUNGE
	S: * OK still here
	C: DONE
	S: A1 OK done
	C: A3 IDLE
	S: A3 BAD what
	C: A4 NOOP
	S: * 9 FETCH (FLAGS (\Seen))
	S: A4 OK`)
	if err := c.StopIdle(ctx); !errors.Is(err, ErrIdle) {
		t.Errorf("error %v", err)
	}
	check(t, c.StartIdle(ctx))
	pollUntil(t, c, func() bool { return c.Changes() == Changes{Exists: 4, Dirty: true} })
	if err := c.Noop(ctx); !errors.Is(err, ErrIdle) {
		t.Errorf("error %v", err)
	}
	check(t, c.StopIdle(ctx))
	c.ResetChanges()
	if c.Changes().Dirty {
		t.Error("changes are not forgotten")
	}
	wantStatus(t, c.StartIdle(ctx), "BAD", "")
	check(t, c.Noop(ctx))
	if !c.Changes().Dirty {
		t.Error("flags went unnoticed")
	}
}

// TestPollFindsTheEnd: a parked connection learns that the server has gone, with BYE or without.
func TestPollFindsTheEnd(t *testing.T) {
	for name, end := range map[string]string{"bye": "S: * BYE [UNAVAILABLE] idle too long", "cut": "CUT", "part of a line": "s: * BYE\nCUT"} {
		t.Run(name, func(t *testing.T) {
			c := dial(t, Options{}, greeted+end)
			pollUntil(t, c, func() bool { return c.Err() != nil })
			if err := c.Poll(); err == nil || err != c.Err() {
				t.Errorf("error %v", err)
			}
			if name == "bye" {
				wantStatus(t, c.Err(), "BYE", "UNAVAILABLE")
			} else if !errors.Is(c.Err(), io.ErrUnexpectedEOF) {
				t.Errorf("error %v", c.Err())
			}
		})
	}
}

// TestPollDoesNotWait, on a connection on which nothing comes.
func TestPollDoesNotWait(t *testing.T) {
	c := dial(t, Options{}, greeted+"C: A1 NOOP\nS: A1 OK")
	check(t, c.Poll())
	check(t, c.Poll())
	check(t, c.Noop(ctx))
}

// TestCompress: a server that compresses from the octet behind its OK, and one that is silent while it is polled.
func TestCompress(t *testing.T) {
	client, server := net.Pipe()
	done := make(chan error, 1)
	go func() { done <- deflatingServer(server) }()
	c, err := New(ctx, client, withHang(Options{}))
	check(t, err)
	check(t, c.Compress(ctx))
	pollUntil(t, c, func() bool { return c.exists == 5 })
	check(t, c.Poll())
	check(t, c.Noop(ctx))
	if err := c.Compress(ctx); err == nil {
		t.Error("compressed twice")
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	if err := c.Noop(ctx); err == nil {
		t.Error("the connection goes on behind its end")
	}
}

func deflatingServer(conn net.Conn) error {
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(hang))
	io.WriteString(conn, "* OK [CAPABILITY IMAP4rev1] hi\r\n")
	p := make([]byte, len("A1 COMPRESS DEFLATE\r\n"))
	if _, err := io.ReadFull(conn, p); err != nil || string(p) != "A1 COMPRESS DEFLATE\r\n" {
		return errors.Join(err, errors.New(string(p)))
	}
	// The OK and the first compressed octets go out in one write.
	both := new(buffered)
	io.WriteString(both, "A1 OK go\r\n")
	w, _ := flate.NewWriter(both, flate.BestSpeed)
	io.WriteString(w, "* 5 EXISTS\r\n")
	w.Flush()
	conn.Write(both.data)
	in := flate.NewReader(conn)
	p = p[:len("A2 NOOP\r\n")]
	if _, err := io.ReadFull(in, p); err != nil || string(p) != "A2 NOOP\r\n" {
		return errors.Join(err, errors.New(string(p)))
	}
	both.data = nil
	io.WriteString(w, "* 6 EXISTS\r\nA2 OK\r\n")
	w.Flush()
	_, err := conn.Write(both.data)
	return err
}

type buffered struct{ data []byte }

func (b *buffered) Write(p []byte) (int, error) { b.data = append(b.data, p...); return len(p), nil }

func TestCloseFromElsewhere(t *testing.T) {
	c := dial(t, Options{}, greeted+"C: A1 NOOP")
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		time.Sleep(10 * time.Millisecond)
		c.Close()
		c.Close()
	}()
	if err := c.Noop(ctx); !errors.Is(err, ErrClosed) {
		t.Errorf("error %v", err)
	}
	<-closed
}

func TestGreetingIsInterrupted(t *testing.T) {
	ended, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	if _, err := New(ended, serve(t, "", nil), withHang(Options{})); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
}

func TestAlerts(t *testing.T) {
	var alerts []string
	c := dial(t, Options{Alert: func(s string) { alerts = append(alerts, s) }}, `
	S: * OK [ALERT] first
	C: A1 NOOP
	S: * NO disk is full`+"\x1b"+`
	S: * BAD what
	S: * OK fine
	S: A1 NO [alert] last`)
	wantStatus(t, c.Noop(ctx), "NO", "ALERT")
	if len(alerts) != 4 || alerts[1] != `disk is full\x1b` {
		t.Errorf("alerts %q", alerts)
	}
}
