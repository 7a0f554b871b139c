// Package api gives programs what operators see and do, as JSON over HTTP below /api/v1/.
// One table, endpoints, says what there is; what is served, what the OpenAPI document says
// and who may ask are all made from it.
//
// Invariants:
//
//   - Every answer is JSON that no cache keeps, and every error a problem (RFC 9457).
//   - A token that may read changes nothing.
//   - Lists are bounded.
package api
