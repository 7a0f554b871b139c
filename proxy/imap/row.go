package imap

// row is the place in a FETCH response to Items.Incomplete from which on it cannot be
// understood: what is wrong with one message must not cost all the others.
type row struct {
	open           bool // one is being read, and no literal of it was
	torn           bool
	pos, end, mark int // of the reader's buffer, where it is torn
}

// tear keeps the place of an error within a row. Behind the announcement of a literal
// there is none to keep: its octets would be taken for responses.
func (r *reader) tear() {
	if r.row.open && r.err == nil {
		r.row = row{torn: true, pos: r.pos, end: r.end, mark: r.mark}
	}
}

// mendRow skips what is left of a row that was torn, as of any response that is not
// known. It has named no message; whoever asked finds out by what is missing. It reports
// whether there was something to skip: a server may have broken the row over two lines.
func (r *reader) mendRow(limit int64) (torn bool) {
	if torn = r.row.torn; torn {
		r.err, r.pos, r.end, r.mark = nil, r.row.pos, r.row.end, r.row.mark
		r.rest(limit)
	}
	r.row = row{}
	return torn
}

// exceed is fail for what goes beyond a bound: nothing of it is read on.
func (r *reader) exceed(format string, args ...any) {
	r.row = row{}
	r.fail(format, args...)
}
