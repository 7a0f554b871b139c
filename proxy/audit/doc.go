// Package audit writes down who did what, as lines of JSON in a file, and reads them
// again. What is in a line is backend.Event's.
//
// Invariants:
//
//   - A line is written whole or, where it was cut, ended before the next one begins; a
//     file may be appended to by several processes.
//   - What could not be written is counted, and the first line behind the gap says how
//     many there were.
//   - A trail that is strict gives an error where a line is not in the file; another one
//     goes on.
package audit
