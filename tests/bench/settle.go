package main

import "time"

// A poll that has the proxy learn what messages hold, up to 2,000 of them behind its QUIT, costs
// the upstream tens of milliseconds. One of a mailbox that is known costs it a NOOP.
const knowing = 3 * time.Millisecond

// settle polls until popbridge has learned what a mailbox holds, so that what is measured then
// is what polls cost from then on. The others learn nothing behind a session. It gives up behind
// four times as many polls as that takes, since others may use the upstream meanwhile.
func (s *site) settle(c *contender, name string, b *box) error {
	most := 4 * (3 + len(b.messages)/2000)
	for known, polls := 0, 0; c.config != "" && known < 3 && polls < most; polls++ {
		before := cpuOf(s.upstream.Pids())
		if err := c.plain.poll(name, b); err != nil {
			return err
		}
		time.Sleep(10 * time.Millisecond) // what is behind the QUIT begins
		if known++; cpuOf(s.upstream.Pids())-before > knowing {
			known = 0
		}
	}
	return nil
}
