package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"hash/maphash"
	"net"
	"strings"
	"time"
)

// patience turns a server that hangs into an error; nothing is measured by it.
const patience = 3 * time.Minute

const password = "secret"

// device is one POP3 client. It knows what has to come and so reads it in large
// pieces: it must not be what is measured.
type device struct {
	nc net.Conn
	r  *bufio.Reader
	w  []byte
}

// connect dials and reads the greeting; config is nil for plain text.
func connect(address string, config *tls.Config) (*device, error) {
	nc, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	if err := nc.SetDeadline(time.Now().Add(patience)); err != nil {
		return nil, err
	}
	if config != nil {
		nc = tls.Client(nc, config)
	}
	d := &device{nc: nc, r: bufio.NewReaderSize(nc, 64<<10)}
	if _, err := d.ok(); err != nil {
		d.close()
		return nil, fmt.Errorf("greeting: %w", err)
	}
	return d, nil
}

func (d *device) close() { _ = d.nc.Close() }

// ok reads a reply, which has to be +OK, and gives what stands behind it.
func (d *device) ok() (string, error) {
	line, err := d.r.ReadString('\n')
	if err != nil {
		return "", err
	}
	if !strings.HasPrefix(line, "+OK") {
		return "", fmt.Errorf("answered %q", line)
	}
	return strings.TrimSpace(line[3:]), nil
}

// say sends a command and reads the first line of its answer.
func (d *device) say(format string, args ...any) (string, error) {
	d.w = append(fmt.Appendf(d.w[:0], format, args...), "\r\n"...)
	if _, err := d.nc.Write(d.w); err != nil {
		return "", err
	}
	reply, err := d.ok()
	if err != nil {
		err = fmt.Errorf("%.4s: %w", d.w, err)
	}
	return reply, err
}

// expect reads the body of an answer and compares it with what it has to be.
func (d *device) expect(want answer) error {
	var hash maphash.Hash
	hash.SetSeed(seed)
	var last []byte
	for left := want.length; left > 0; {
		if d.r.Buffered() == 0 {
			if _, err := d.r.Peek(1); err != nil {
				return err
			}
		}
		last, _ = d.r.Peek(min(left, d.r.Buffered()))
		hash.Write(last)
		left -= len(last)
		if _, err := d.r.Discard(len(last)); err != nil {
			return err
		}
	}
	if hash.Sum64() != want.hash {
		return fmt.Errorf("the answer is not what was stored; its end is %q", last[max(0, len(last)-40):])
	}
	return nil
}

// body reads a multi-line answer of which nothing is known.
func (d *device) body() ([]byte, error) {
	var wire []byte
	for {
		line, err := d.r.ReadSlice('\n')
		if err != nil {
			return nil, err
		}
		if wire = append(wire, line...); bytes.Equal(line, []byte(".\r\n")) {
			return wire, nil
		}
	}
}

// login authenticates and checks what STAT says.
func (d *device) login(user string, b *box) error {
	if _, err := d.say("USER %s@%s", user, b.name); err != nil {
		return err
	}
	if _, err := d.say("PASS %s", password); err != nil {
		return err
	}
	return d.stat(b)
}

func (d *device) stat(b *box) error {
	stat, err := d.say("STAT")
	if want := fmt.Sprintf("%d %d", len(b.messages), b.octets); err == nil && stat != want {
		err = fmt.Errorf("STAT says %q instead of %q", stat, want)
	}
	return err
}

func (d *device) quit() error {
	_, err := d.say("QUIT")
	return err
}

func (d *device) listing(verb string, want answer) error {
	if _, err := d.say("%s", verb); err != nil {
		return err
	}
	if err := d.expect(want); err != nil {
		return fmt.Errorf("%s: %w", verb, err)
	}
	return nil
}

// retrieve fetches message n and gives the time until +OK.
func (d *device) retrieve(b *box, n int) (time.Duration, error) {
	began := time.Now()
	if _, err := d.say("RETR %d", n); err != nil {
		return 0, err
	}
	until := time.Since(began)
	if err := d.expect(b.messages[n-1].body); err != nil {
		return 0, fmt.Errorf("RETR %d: %w", n, err)
	}
	return until, nil
}

// within is the same port for sessions that may take so long.
func (e entry) within(most time.Duration) entry {
	e.most = most
	return e
}

// session connects, logs in, does what is to be done, and quits.
func (e entry) session(user string, b *box, do func(*device) error) error {
	d, err := connect(e.address, e.tls)
	if err != nil {
		return err
	}
	defer d.close()
	if e.most > 0 {
		if err := d.nc.SetDeadline(time.Now().Add(e.most)); err != nil {
			return err
		}
	}
	if nc, ok := d.nc.(*tls.Conn); ok && e.resumed != nil && nc.ConnectionState().DidResume {
		e.resumed.Add(1)
	}
	if err := d.login(user, b); err != nil {
		return err
	}
	if err := do(d); err != nil {
		return err
	}
	return d.quit()
}

// poll is what a device does each minute: USER PASS STAT UIDL LIST QUIT.
func (e entry) poll(user string, b *box) error {
	return e.session(user, b, func(d *device) error {
		if err := d.listing("UIDL", b.uidl); err != nil {
			return err
		}
		return d.listing("LIST", b.list)
	})
}
