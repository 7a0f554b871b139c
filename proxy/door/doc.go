// Package door is what a session has in common with every other, whatever protocol it
// speaks: the listener that its device came by, whether a password may cross the wire,
// how a login is tried, refused and held back, and how TLS begins. Nothing of a
// protocol's own words is in it.
//
// Invariants:
//
//   - No password is taken before TLS, but where the operator allows it from the
//     device's network.
//   - A login that is refused is in the log, is counted, and is answered when the
//     limiter says so, by whatever protocol it came.
//   - A device that reads nothing of what it is told is let go when its limit says so,
//     counted from when its machine last took something, and not from when ours did.
package door
