// Package liars has servers for tests that can be told to lie: Server speaks IMAP,
// Old is an old POP3 server, with a lie for each verb. The rest is about Server.
//
// Left alone it is an honest, small, strict server: a mailbox model in memory,
// spoken to over TCP. A Rule replaces its answer to the commands it names: cut
// at an octet, refuse with any code, stall, flood, give another message's body,
// claim an effect or hide one. It notes every command that it was sent, and
// its model tells afterwards what became of each message.
//
// Invariants:
//
//   - A command takes effect in the model exactly where a Lie calls Carry, so a
//     test knows whether a connection died before or after the effect.
//   - Plain EXPUNGE and CLOSE work as the RFC says: a proxy that used them would
//     be seen to remove what other clients marked.
//   - Every word of a lie that a device must not see holds Words.
package liars
