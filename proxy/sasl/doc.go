// Package sasl has the server's side of SASL (RFC 4422) as POP3 carries it (RFC
// 5034): one Exchange for each mechanism, and the Credential that it ends with.
// No session is in it and no connection: octets come in, octets go out. Whether a
// credential is right is not decided here, but in package login.
//
// Invariants:
//
//   - An Exchange gives the same challenges for an account that exists and for one
//     that does not.
//   - Nobody may act for somebody else: an authorization identity that is not the
//     authentication identity is refused.
//   - A credential is whole: it has a name, and exactly one thing that shows it.
package sasl
