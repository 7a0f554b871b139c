// Package documents holds the documents against the program: links lead somewhere,
// commands and flags are known, configurations load.
package documents
