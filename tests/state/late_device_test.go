package state_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"time"
)

// poller is one device of a mailbag, and does one session after the other. Its
// connections may end at any time, since popbridge may be killed, so it does not
// use bridge.Client, for which that is a failure.
type poller struct {
	t      *testing.T
	bag    *mailbag
	device string
	random *rand.Rand
	site   stand
	from   int           // where devices have addresses of their own
	pause  time.Duration // the most between two polls

	nc     net.Conn
	r      *bufio.Reader
	at     string // where the session is
	hasty  bool   // it does not wait long
	habit  habit
	marked []string
	ended  int  // sessions that came to the end of QUIT
	in     bool // it has its place among those that poll at once
	cut    bool // the last one did not, and the device tries again soon
}

// stand is where the devices poll.
type stand interface {
	// connect connects to a proxy, and names it where that is known.
	connect(p *poller) (nc net.Conn, at string, err error)
	// killed reports whether connections to it may have ended at any moment.
	killed(at string) bool
	// refuses reports whether [SYS/TEMP] is a good answer now.
	refuses() bool
	// calm reports whether devices wait for their answers.
	calm() bool
	// waits is how long the longest answer may take. It turns a hang into a failure.
	waits() time.Duration
	// post brings a message to a mailbox and returns when it is there.
	post(m *mailbag)
	// end tells that a session has ended, and whether it came to the end of QUIT.
	end(whole bool)
}

var (
	// errKilled: popbridge was killed, and the connection with it.
	errKilled = errors.New("popbridge was killed")
	// errImpatient: the device has given up waiting for an answer.
	errImpatient = errors.New("the device has waited long enough")
	// errInUse: another session has the maildrop, or seems to.
	errInUse = errors.New("the maildrop stays in use")
	// errLater: popbridge cannot now, and has a reason.
	errLater = errors.New("refused for now")
	// errRefused is any other -ERR.
	errRefused = errors.New("refused")
)

// poll does sessions until time is over, or something is wrong.
func (p *poller) poll(ctx context.Context) {
	for ctx.Err() == nil && !p.t.Failed() {
		p.habit = habit(p.random.IntN(int(habits)))
		if p.habit == takesNew || p.random.IntN(3) == 0 {
			p.site.post(p.bag)
		}
		before := p.ended
		if err := p.session(p.work); err != nil {
			p.t.Errorf("%s at %s: %v", named(p.bag.user, p.device), p.at, err)
		}
		p.site.end(p.ended > before)
		p.in = false
		pause := p.pause
		if p.cut {
			pause = min(pause, time.Second)
		}
		select { // until its next poll
		case <-ctx.Done():
		case <-time.After(time.Duration(p.random.Int64N(int64(pause)))):
		}
	}
}

// session is one poll from connecting to the end, which may be any. What it does
// once it is logged in is given what was known before it began.
func (p *poller) session(work func(before map[string]fate) error) error {
	before := p.bag.shown(p.device)
	err := p.login()
	// A dead process has held the lock, or a login that this device has given up is
	// still on its way. Nobody can tell it when that is over: it tries again.
	for end := time.Now().Add(2 * time.Minute); errors.Is(err, errInUse) && time.Now().Before(end); {
		time.Sleep(time.Second)
		before = p.bag.shown(p.device)
		err = p.login()
	}
	if err == nil {
		err = work(before)
		if errors.Is(err, errInUse) && p.site.refuses() {
			err = errLater // its proxy was frozen for longer than its lock has lasted
		}
	}
	p.bag.ended.Add(1)
	if p.nc != nil {
		_ = p.nc.Close()
	}
	p.cut = errors.Is(err, errKilled) && len(p.marked) > 0
	if errors.Is(err, errKilled) || errors.Is(err, errImpatient) || errors.Is(err, errLater) {
		return nil
	}
	return err
}

// login connects to any proxy that is there. Now and then it does not wait long
// for the answer to PASS; popbridge is then in the middle of it.
func (p *poller) login() error {
	p.hasty = false
	nc, at, err := p.site.connect(p)
	p.at = at
	if err != nil {
		return p.broken(err)
	}
	p.nc, p.r = nc, bufio.NewReader(nc)
	_ = nc.SetDeadline(time.Now().Add(p.site.waits()))
	if _, err := p.answer(); err != nil {
		return err
	}
	if _, err := p.ok("USER " + named(p.bag.user, p.device)); err != nil {
		return err
	}
	if p.hasty = !p.site.calm() && p.random.IntN(8) == 0; p.hasty {
		_ = nc.SetReadDeadline(time.Now().Add(time.Duration(p.random.Int64N(int64(2 * time.Second)))))
	}
	if _, err = p.ok("PASS " + password(p.bag.user)); err != nil {
		_ = nc.Close()
		return err
	}
	p.hasty = false
	_ = nc.SetDeadline(time.Now().Add(2 * p.site.waits()))
	return nil
}

// quit says QUIT and tells the model what has become of what was marked.
func (p *poller) quit() error {
	p.bag.quitting(p.device, p.marked)
	if _, err := p.ok("QUIT"); err != nil {
		return err
	}
	p.bag.confirmed(p.device, p.marked)
	p.ended++
	return nil
}

// ok sends a command and gives what stands behind its +OK.
func (p *poller) ok(command string) (string, error) {
	if _, err := io.WriteString(p.nc, command+"\r\n"); err != nil {
		return "", p.broken(err)
	}
	text, err := p.answer()
	if errors.Is(err, errRefused) {
		err = fmt.Errorf("%.4s: %w", command, err)
	}
	return text, err
}

func (p *poller) answer() (string, error) {
	line, err := p.r.ReadString('\n')
	switch {
	case err != nil:
		return "", p.broken(err)
	case strings.HasPrefix(line, "-ERR [IN-USE] "):
		return "", errInUse
	case strings.HasPrefix(line, "-ERR [SYS/TEMP] ") && p.site.refuses():
		return "", errLater
	case !strings.HasPrefix(line, "+OK"):
		return "", fmt.Errorf("%w: %s", errRefused, strings.TrimSpace(line))
	}
	return strings.TrimSpace(line[3:]), nil
}

// lines sends a command and reads an answer of many lines.
func (p *poller) lines(command string) (lines []string, err error) {
	if _, err := p.ok(command); err != nil {
		return nil, err
	}
	for {
		line, err := p.r.ReadString('\n')
		if err != nil {
			return nil, p.broken(err)
		}
		line = strings.TrimSuffix(line, "\r\n")
		if line == "." {
			return lines, nil
		}
		lines = append(lines, strings.TrimPrefix(line, "."))
	}
}

// broken says why a connection has ended before its session.
func (p *poller) broken(err error) error {
	var late net.Error
	switch {
	case p.site.killed(p.at):
		return errKilled
	case p.hasty && errors.As(err, &late) && late.Timeout():
		return errImpatient
	}
	return err
}
