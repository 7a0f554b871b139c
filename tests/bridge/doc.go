// Package bridge runs the real popbridge binary for tests that watch it from
// outside: it is built once, with the race detector, started with a
// configuration on loopback ports, and stopped again. A data race, a panic or a
// secret in its output fails the test.
package bridge
