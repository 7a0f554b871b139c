// Package traces tells an OpenTelemetry collector of sessions: a trace for each, with its
// login, every RETR and TOP, every message that is sent, and its QUIT.
//
// Invariants:
//
//   - Where nothing is traced, a session meets nothing of this: it gets the very meter that
//     it would have had.
//   - No session waits for the collector. What it does not take in time is dropped, and
//     counted.
//   - No account, device, address or message is in a span; the session's name leads to the
//     log, which has them.
//
// The encoding is OTLP/HTTP with JSON, version 1.x of the protocol. It is written here: the
// few spans need no SDK, and OpenTelemetry's exporter would bring gRPC with it.
package traces
