package state_test

import (
	"fmt"
	"slices"
)

// settling is the rule that the next login of a device settles what its last QUIT has
// left open: all that was marked is gone, or all of it is there, for good. A session
// that comes to life again after that login, on a proxy that was frozen, has lost its
// lock and deletes nothing.
type settling struct {
	action string
	open   map[string][]string        // what a device has marked, while its QUIT has no answer
	by     map[string]map[string]bool // the devices that have said QUIT over a message
}

func newSettling(action string) *settling {
	return &settling{action: action, open: make(map[string][]string), by: make(map[string]map[string]bool)}
}

// key is what a device's QUIT says something about: where messages are hidden, about
// that device alone.
func (s *settling) key(device, name string) string {
	if s.action == "hide" {
		return device + " " + name
	}
	return name
}

func (s *settling) quitting(device string, marked []string) {
	s.open[device] = slices.Clone(marked)
	for _, name := range marked {
		key := s.key(device, name)
		if s.by[key] == nil {
			s.by[key] = make(map[string]bool)
		}
		s.by[key][device] = true
	}
}

func (s *settling) confirmed(device string) { delete(s.open, device) }

// settle is the login that comes next, and sees what it sees.
func (s *settling) settle(device string, seen []string, now map[string]fate) (faults []string) {
	open := s.open[device]
	delete(s.open, device)
	var kept, left []string
	for _, name := range open {
		by := s.by[s.key(device, name)]
		switch {
		case len(by) > 1: // what others do to it may not be over
		case slices.Contains(seen, name):
			kept, now[name] = append(kept, name), there
			delete(by, device)
		default:
			left = append(left, name)
		}
	}
	if len(kept) > 0 && len(left) > 0 {
		faults = append(faults, fmt.Sprintf("QUIT was to delete %q, and %q are still there", open, kept))
	}
	return faults
}
