package upstream

import "time"

// SetClock has the Credentials read the time from there.
func (c *Credentials) SetClock(now func() time.Time) { c.now = now }
