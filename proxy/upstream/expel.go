package upstream

import (
	"strings"

	"popbridge/translate"
)

// End ends the parked connections of a POP3 account, or of one device of it where
// device is not empty, so that its next login has to log in upstream. Those that
// are in use end when their sessions let go. It gives the number of both.
func (p *Pool) End(account, device string) int { return p.lot.end(account, device) }

// use notes that a link belongs to a Mailbox of the owner.
func (t *lot) use(l *link, owner translate.Login) {
	t.mu.Lock()
	defer t.mu.Unlock()
	l.owner = owner
	t.inUse[l] = struct{}{}
}

// lose forgets a link that will not be parked.
func (t *lot) lose(l *link) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.inUse, l)
}

// end says farewell to the parked links of an account, or of one device of it
// where that is not empty, and lets none of those park that are in use. It gives
// the number of both.
func (t *lot) end(account, device string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	hit := func(l *link) bool {
		return l.owner.Account == account && (device == "" || strings.EqualFold(l.owner.Device, device))
	}
	ended := 0
	for l := range t.inUse {
		if hit(l) {
			l.expelled = true
			ended++
		}
	}
	var leaving []*parked
	for _, waiting := range t.berths {
		for _, p := range waiting {
			if hit(p.link) {
				leaving = append(leaving, p)
			}
		}
	}
	for _, p := range leaving {
		t.remove(p)
		t.leave(p.link)
	}
	return ended + len(leaving)
}
