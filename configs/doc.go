// Package configs holds the operator's words: what may be written in the
// configuration file, what each key means, and what is wrong with a file.
//
// Its rules:
//
//   - Config and the structs below it are the only declaration of a key. Their
//     tags hold name, default, unit and meaning; loading, checking and the
//     annotated example are all made from them.
//   - Values are parsed at load. Whoever holds a Config holds durations, sizes,
//     networks and globs that are valid, and names that refer to something.
//   - Every mistake is reported at once, with its file, line and key, together
//     with what would be right. Nothing is guessed and nothing is passed over.
//   - HCL and YAML say the same thing and load to equal values.
//   - A secret leaves a Config only by Secret.Reveal; no message, no format verb
//     and no encoder shows one.
package configs
