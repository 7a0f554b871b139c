// Package pop3 is the wire of POP3, both sides: Conn for devices, lines in, replies
// and multi-line bodies out; Client for old servers.
//
// Conn knows no command and no mailbox. Invariants:
//
//   - A line ends with LF; a CR before it goes with it (old devices send bare
//     LF). What is longer than the limit is an error, and is never held in
//     memory beyond it.
//   - A reply is one write to the buffer; the buffer goes out before the
//     connection waits for the device, so pipelined commands share packets
//     (RFC 2449 §6.6).
//   - Only Body.Commit writes a terminator.
//   - Text handed to OK and Err is ours; octets below 0x20 in it become blanks,
//     so that no reply can hold a second line.
//   - A Client takes nothing for a message's end but a dot between two CRLFs, and
//     no octet that came unasked for an answer.
package pop3
