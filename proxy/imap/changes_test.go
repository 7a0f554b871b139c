package imap

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

// TestChanges: what is told unasked is known behind the command that it came with, until it is forgotten.
func TestChanges(t *testing.T) {
	c := dial(t, Options{}, greeted+`
	C: A1 NOOP
	S: * 5 EXISTS
	S: * 1 EXPUNGE
	S: * OK still here
	S: A1 OK
	C: A2 NOOP
	S: A2 OK
	C: A3 NOOP
	S: * 9 FETCH (FLAGS (\Seen))
	S: A3 OK`)
	check(t, c.Noop(ctx))
	if got := c.Changes(); got != (Changes{Exists: 4, Arrived: 5, Expunged: 1, Dirty: true}) {
		t.Errorf("changes %+v", got)
	}
	c.ResetChanges()
	check(t, c.Noop(ctx))
	if got := c.Changes(); got != (Changes{Exists: 4}) {
		t.Errorf("changes are not forgotten: %+v", got)
	}
	check(t, c.Noop(ctx))
	if !c.Changes().Dirty {
		t.Error("flags went unnoticed")
	}
}

// TestNoopFindsTheEnd: a parked connection learns that the server has gone, with BYE or without, before the NOOP or behind it.
func TestNoopFindsTheEnd(t *testing.T) {
	const bye = `* BYE [UNAVAILABLE] idle too long`
	for name, script := range map[string]string{
		"bye before": `s: * OK [CAPABILITY IMAP4rev1] ready\r\n` + bye + `\r\n` + "\nC: A1 NOOP\nCUT",
		"bye":        greeted + "C: A1 NOOP\nS: " + bye + "\nCUT",
		"cut":        greeted + "C: A1 NOOP\nCUT",
		"cut line":   greeted + "C: A1 NOOP\ns: * BYE\nCUT",
	} {
		t.Run(name, func(t *testing.T) {
			c := dial(t, Options{}, script)
			err := c.Noop(ctx)
			if err == nil || err != c.Err() {
				t.Errorf("error %v, sticky %v", err, c.Err())
			}
			if strings.HasPrefix(name, "bye") {
				wantStatus(t, err, "BYE", "UNAVAILABLE")
			} else if !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("error %v", err)
			}
		})
	}
}

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
