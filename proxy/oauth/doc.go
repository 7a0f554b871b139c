// Package oauth gets the access tokens that popbridge logs in upstream with.
//
// Invariants:
//
//   - A token is asked for once, however many sessions wait for it, and before
//     the one there is runs out.
//   - A refresh token that the server has replaced is kept in the vault before
//     the access token that came with it is used: a crash in between must not
//     lock an account out (RFC 6749 §6).
//   - What is refused for good is told to an operator with the command that mends
//     it, and not asked again for a while; what may pass is [SYS/TEMP] to a device.
//   - No token, secret or key stands in an error or in the log.
package oauth
