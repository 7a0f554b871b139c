// Package imap speaks the client side of the IMAP wire (RFC 3501, RFC 9051) for a proxy that must never pass on a
// message that is cut, foreign or invented. It knows commands and responses; what they are used for is decided elsewhere.
//
// The rules that govern this package:
//
//   - A Conn starts no goroutine and belongs to one goroutine at a time. Only Close and Err may be called from any.
//     Whoever waits for something reads the connection and routes what comes until it has come.
//   - After an error of the network, of the protocol, or of an interrupted wait, the Conn is broken for good: its socket is closed and
//     every later call returns the same error. Only *StatusError of type NO or BAD, ErrNoBody, *WriterError, refusals of arguments
//     and a context that ended before anything was sent leave it usable.
//   - Messages are named by UID. A response is taken for the answer only if it carries the UID and the data that were asked for; its
//     position among others means nothing. There is no plain EXPUNGE and no CLOSE here: both remove what others have marked.
//   - A body is complete only when every announced octet has been handed out, the response that it stands in has ended under its UID, and the server has
//     said OK to the command or gone on to the next body that it owed. So a batch of bodies, asked for by one command, is not one answer that is whole or not
//     at its end: Dovecot says the OK of a batch behind the bodies of the next ones, and a device waits for each message. A refusal or an end of the
//     connection speaks of what had not come; a body whose octets and end have come stays whole. Where
//     nothing more was owed, a NO or BAD right behind a body, or an end, speaks of that.
//   - Everything that a server sends is bounded: a response outside literals to 64 KB (lists of numbers are read as they come and are bounded by
//     their count), parentheses to a depth of 50, literals to what the Options allow, the number of untagged responses, and time.
//   - Strings that come from outside go as quoted strings after a strict test or as literals, which wait until they are asked for; CR, LF and NUL are refused before anything is sent.
//   - What cannot be taken for anything else is read over, within the bounds above: more blanks than one, tabs, empty lines between responses and
//     behind a literal, LF alone at the end of a line. What messages are told by is not: the octets of a literal are counted and never searched
//     for an end, a tag is compared octet by octet, a UID is a number above zero. DavMail writes blanks to keep a line alive while it works,
//     Domino an empty line behind a body.
//   - What is not known, untagged responses, attributes, response codes and flags, is skipped.
package imap
