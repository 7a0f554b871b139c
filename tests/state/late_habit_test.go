package state_test

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// habit is what a device does in a session. One that takes what is new gets mail
// just before, so that a message comes and goes while the connections of others
// are parked or in use, which never see it.
type habit int

const (
	looks     habit = iota
	takesSome       // reads one message or two, and perhaps deletes them
	takesAll
	takesNew // deletes the newest alone
	lingers  // stays, busy, until others have come and gone
	habits
)

// silence is longer than the five seconds after which popbridge gives a silent
// session's upstream connection to others.
const silence = 5500 * time.Millisecond

// check compares what the session sees with the model, and ends it.
func (p *poller) check(before map[string]fate) error {
	if _, err := p.compare(before); err != nil {
		return err
	}
	p.marked = nil
	return p.quit()
}

func (p *poller) compare(before map[string]fate) (seen []string, err error) {
	seen, err = p.look()
	if err != nil {
		return nil, err
	}
	if faults := p.bag.compare(p.device, before, seen); len(faults) > 0 {
		return nil, errors.New(strings.Join(faults, "; "))
	}
	return seen, nil
}

// work is what a device does with what it sees.
func (p *poller) work(before map[string]fate) error {
	seen, err := p.compare(before)
	if err != nil {
		return err
	}
	p.marked = nil
	for n, name := range seen {
		if !p.takes(n, len(seen)) {
			continue
		}
		if err := p.retrieve(n, name); err != nil {
			return err
		}
		if p.habit != takesSome || p.random.IntN(2) == 0 {
			if _, err := p.ok(fmt.Sprintf("DELE %d", n+1)); err != nil {
				return err
			}
			p.marked = append(p.marked, name)
		}
	}
	if p.habit == lingers {
		if err := p.linger(); err != nil {
			return err
		}
	}
	switch p.random.IntN(16) {
	case 0:
		return errImpatient // it goes without a word
	case 1:
		time.Sleep(silence)
	}
	return p.quit()
}

// takes reports whether the device takes the n-th of so many messages, from 0.
func (p *poller) takes(n, of int) bool {
	switch p.habit {
	case takesSome:
		return p.random.IntN(of) == 0
	case takesAll:
		return true
	case takesNew:
		return n == of-1
	}
	return false
}

// linger stays while two sessions of others end, or for some seconds where nobody
// else comes.
func (p *poller) linger() error {
	until := p.bag.ended.Load() + 2
	for n := 0; n < 20 && p.bag.ended.Load() < until; n++ {
		if _, err := p.ok("NOOP"); err != nil {
			return err
		}
		time.Sleep(200 * time.Millisecond)
	}
	return nil
}

// look is UIDL, and TOP of what no device has seen before. What was deleted
// between the two has no name.
func (p *poller) look() (seen []string, err error) {
	lines, err := p.lines("UIDL")
	if err != nil {
		return nil, err
	}
	for n, line := range lines {
		_, id, _ := strings.Cut(line, " ")
		name, known := p.bag.name(id)
		if !known {
			var top []string
			top, err = p.lines(fmt.Sprintf("TOP %d 0", n+1))
			if err == nil {
				name = identify(strings.Join(top, "\r\n") + "\r\n")
				err = p.bag.learn(name, id)
			} else if errors.Is(err, errRefused) {
				err = nil
			}
			if err != nil {
				return nil, err
			}
		}
		seen = append(seen, name)
	}
	return seen, nil
}

// retrieve reads one message, which may be refused only where somebody has
// deleted it meanwhile.
func (p *poller) retrieve(n int, name string) error {
	lines, err := p.lines(fmt.Sprintf("RETR %d", n+1))
	switch {
	case errors.Is(err, errRefused) && (name == "" || !p.bag.untouched(p.device, name)):
		return nil
	case err != nil:
		return err
	}
	if got, want := strings.Join(lines, "\r\n")+"\r\n", p.bag.text(name); got != want {
		return fmt.Errorf("RETR of %s gives %d octets, %.300q, want %d, %.300q", name, len(got), got, len(want), want)
	}
	return nil
}
