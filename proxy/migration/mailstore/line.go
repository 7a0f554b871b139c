package mailstore

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
)

// maxLine bounds a line of a file that is read line by line, in octets.
const maxLine = 16 << 10

// textLine is a line without its end, or why there is none.
type textLine struct {
	text string
	err  error
}

// lines yields the lines of a file with their numbers from 1. An error is the last.
func lines(r io.Reader) iter.Seq2[int, textLine] {
	return func(yield func(int, textLine) bool) {
		s := bufio.NewScanner(r)
		s.Buffer(make([]byte, 0, 4096), maxLine)
		number := 0
		for s.Scan() {
			number++
			if !yield(number, textLine{text: strings.TrimSuffix(s.Text(), "\r")}) {
				return
			}
		}
		err := s.Err()
		if errors.Is(err, bufio.ErrTooLong) {
			err = fmt.Errorf("it is longer than %d octets", maxLine)
		}
		if err != nil {
			yield(number+1, textLine{err: err})
		}
	}
}
