// Package old tries accounts that are still on an old POP3 server, with the real
// binary: in front of real old servers, a device must not notice popbridge; in front
// of a scripted one that cuts, refuses and names messages strangely, no message is
// lost and none is removed that was not to be.
package old
