// Package fast tests, through the real binary and in front of a scripted server,
// that what makes popbridge fast changes nothing that a device can see: parked
// connections, silent sessions that let go, and messages that are read ahead.
package fast
