package door

import "time"

// reading knows when a device has last read of what was sent to it, as far as its
// machine tells: that acknowledges what its buffers take, and nothing once they are
// full. What our own machine takes from us says nothing: megabytes, for a device that
// reads none of it, and the slower they come the longer that would look like reading.
type reading struct {
	unread func() (octets int, ok bool)
	left   int       // unread when that was last asked, with all that was sent since
	last   time.Time // when there was last reason to believe that the device reads
}

// since is when the device has last read: now, where nothing is unread, or nobody can
// tell.
func (r *reading) since(now time.Time) time.Time {
	octets, ok := r.unread()
	if !ok || octets == 0 || octets < r.left {
		r.last = now
	}
	r.left = octets
	return r.last
}

// took says that our machine has taken so many octets without anything being asked: the
// device has read what was sent before them, or not, which shows when it is asked.
func (r *reading) took(octets int) {
	if r.left == 0 {
		r.last = time.Now()
	}
	r.left += octets
}

// sent says that so many octets were sent since it was last asked.
func (r *reading) sent(now time.Time, octets int) {
	left, ok := r.unread()
	if !ok || left < r.left+octets {
		r.last = now
	}
	r.left = left
}
