// Package server accepts devices on the listeners of a configuration, and serves one
// session for each connection. It knows all of them: who is logged in, whom a limit
// keeps out, who has to make room, and which are ended by an operator.
//
// Invariants:
//
//   - A configuration is taken as a whole or not at all; sessions keep the one that
//     they began with.
//   - A connection through a load balancer is counted and judged by the device's
//     address, as the PROXY header tells it, and by nothing else.
//   - What a session is to others is guarded by the server's mutex, and by no other.
package server
