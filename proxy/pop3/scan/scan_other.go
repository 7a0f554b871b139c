//go:build !amd64

package scan

// Change gives the index of the first octet of p that may not go out as it is: an LF
// whose octet before is no CR, or a dot whose octet before is an LF. It is len(p) where
// there is none. before is the octet before p[0], LF where p begins a message.
func Change(before byte, p []byte) int { return byLines(before, p) }
