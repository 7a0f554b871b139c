package sending_test

import (
	"bufio"
	"encoding/base64"
	"net"
	"strings"
	"testing"
	"time"
)

// device is a connection to the listener, spoken by hand.
type device struct {
	t  testing.TB
	nc net.Conn
	r  *bufio.Reader
}

func dial(t testing.TB, address string) *device {
	t.Helper()
	nc, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	d := &device{t, nc, bufio.NewReader(nc)}
	d.reply("220")
	return d
}

// wait makes a failure of a connection that stands still; one that goes on is given time.
func (d *device) wait() { _ = d.nc.SetDeadline(time.Now().Add(patience)) }

// raw sends octets.
func (d *device) raw(text string) {
	d.t.Helper()
	d.wait()
	if _, err := d.nc.Write([]byte(text)); err != nil {
		d.t.Logf("writing %.60q: %v", text, err)
	}
}

// read gives a whole reply, empty where the connection has ended.
func (d *device) read() string {
	d.wait()
	var b strings.Builder
	for {
		line, err := d.r.ReadString('\n')
		if err != nil {
			return ""
		}
		b.WriteString(line)
		if len(line) < 4 || line[3] != '-' {
			return b.String()
		}
	}
}

// reply reads a reply, which begins with a text.
func (d *device) reply(want string) string {
	d.t.Helper()
	got := d.read()
	if !strings.HasPrefix(got, want) {
		d.t.Errorf("got %q, want %s", got, want)
	}
	return got
}

// say sends a line and reads the reply.
func (d *device) say(line, want string) string {
	d.t.Helper()
	d.raw(line + "\r\n")
	got := d.read()
	if !strings.HasPrefix(got, want) {
		d.t.Errorf("%q is answered %q, want %s", line, got, want)
	}
	return got
}

func plain(user, password string) string {
	return base64.StdEncoding.EncodeToString([]byte("\x00" + user + "\x00" + password))
}

// login says EHLO and logs in.
func (d *device) login() *device {
	d.t.Helper()
	d.say("EHLO device", "250")
	d.say("AUTH PLAIN "+plain(alice, password), "235 2.7.0")
	return d
}

// send sends a message as alice, and gives the reply to it.
func (d *device) send(text, want string) string {
	d.t.Helper()
	d.say("MAIL FROM:<"+alice+">", "250")
	d.say("RCPT TO:<bob@example.org>", "250")
	d.say("DATA", "354")
	d.raw(text + ".\r\n")
	return d.reply(want)
}

// message is one from alice with a subject.
func message(subject string) string {
	return "From: Alice <" + alice + ">\r\nTo: bob@example.org\r\nSubject: " + subject + "\r\n\r\nHello\r\n..dot\r\n"
}

func plain64(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
