// Package mailstore reads what old POP3 servers keep beside their mail: which
// unique-id each message has, in which order they are listed, and what tells the
// messages by their content. It is how unique-ids are had where nobody knows the
// accounts' passwords.
//
// Invariants:
//
//   - Only reading: nothing in a mail store is ever changed.
//   - Every line and every header is bounded, and a file is gone through once:
//     what an account's owner may have written there costs no memory.
//   - What is not understood is an error that names the file and the line. A
//     unique-id is taken as it is or not at all.
package mailstore
