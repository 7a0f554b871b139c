package imapbox

import (
	"strings"

	"popbridge/translate"
)

// use notes that a connection belongs to a Mailbox of the owner.
func (i *idlePool) use(c *connection, owner translate.Login) {
	i.mu.Lock()
	defer i.mu.Unlock()
	c.owner = owner
	i.inUse[c] = struct{}{}
}

// lose forgets a connection that will not be parked.
func (i *idlePool) lose(c *connection) {
	i.mu.Lock()
	defer i.mu.Unlock()
	delete(i.inUse, c)
}

// end logs out the parked connections of an account, or of one device of it
// where that is not empty, and lets none of those park that are in use. It gives
// the number of both.
func (i *idlePool) end(account, device string) int {
	i.mu.Lock()
	defer i.mu.Unlock()
	hit := func(c *connection) bool {
		return c.owner.Account == account && (device == "" || strings.EqualFold(c.owner.Device, device))
	}
	ended := 0
	for c := range i.inUse {
		if hit(c) {
			c.ended = true
			ended++
		}
	}
	var leaving []*parked
	for _, waiting := range i.byKey {
		for _, p := range waiting {
			if hit(p.connection) {
				leaving = append(leaving, p)
			}
		}
	}
	for _, p := range leaving {
		i.remove(p)
		i.leave(p.connection)
	}
	return ended + len(leaving)
}
