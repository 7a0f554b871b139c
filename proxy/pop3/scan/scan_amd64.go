package scan

// Change gives the index of the first octet of p that may not go out as it is: an LF
// whose octet before is no CR, or a dot whose octet before is an LF. It is len(p) where
// there is none. before is the octet before p[0], LF where p begins a message.
func Change(before byte, p []byte) int {
	if len(p) <= block {
		return byLines(before, p)
	}
	if p[0] == '\n' && before != '\r' || p[0] == '.' && before == '\n' {
		return 0
	}
	return change(p)
}

// block is how many octets change looks at in one go.
const block = 16

// change is Change for what follows p[0], which stands before it. p must be longer than
// block.
//
//go:noescape
func change(p []byte) int
