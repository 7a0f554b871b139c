// Package abuse is about devices that break the rules, by accident or on
// purpose, and about those that keep them to the letter: malformed input,
// limits, TLS, secrets in the log, and transcripts that read like the RFCs.
// popbridge runs as it is shipped, in front of its own demo's IMAP server.
package abuse
