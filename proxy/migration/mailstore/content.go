package mailstore

import (
	"bufio"
	"errors"
	"io"
	"io/fs"

	"popbridge/translate"
)

// file is a message that lies in a file of its own.
type file struct {
	path string // in the mail store, with slashes
	Message
}

// printed reads the header of each message, and the body of those that have one
// header, as twins have. A file that is gone is left out: somebody has deleted the
// message meanwhile.
func printed(store fs.FS, files []file) ([]Message, error) {
	twins := make(map[translate.ContentKey]int, len(files))
	kept := files[:0]
	for _, f := range files {
		header, err := readHeader(store, f.path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		f.Print = translate.PrintHeader(header)
		twins[f.Print.Header]++
		kept = append(kept, f)
	}
	messages := make([]Message, len(kept))
	for i, f := range kept {
		messages[i] = f.Message
		if twins[f.Print.Header] == 1 && f.Print.Sent != (translate.ContentKey{}) {
			continue
		}
		body, _, err := readBody(store, f.path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		messages[i].Print = f.Print.With(body)
	}
	return messages, nil
}

// readHeader reads a message up to the blank line, or as much as counts.
func readHeader(store fs.FS, path string) ([]byte, error) {
	f, err := store.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	in := bufio.NewReaderSize(io.LimitReader(f, translate.MaxPrinted), 4096)
	var header []byte
	for {
		line, err := in.ReadSlice('\n')
		header = append(header, line...)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF), err == nil && isBlank(line):
			return header, nil
		case err != nil:
			return nil, err
		}
	}
}

// isBlank reports whether a line has nothing but its end.
func isBlank(line []byte) bool {
	for _, c := range line {
		if c != '\r' && c != '\n' {
			return false
		}
	}
	return len(line) > 0
}

// readBody reads a whole message. It also gives its octets as POP3 counts them,
// with lines that end with CRLF, the last one too.
func readBody(store fs.FS, path string) (p translate.Print, octets int64, err error) {
	f, err := store.Open(path)
	if err != nil {
		return p, 0, err
	}
	defer f.Close()
	body, count := translate.NewBodyPrinter(), counter{}
	if _, err := io.Copy(io.MultiWriter(body, &count), f); err != nil {
		return p, 0, err
	}
	return body.Print(), count.total(), nil
}

// counter counts octets as they are sent.
type counter struct {
	octets int64
	last   byte
}

func (c *counter) Write(p []byte) (int, error) {
	for _, b := range p {
		if b == '\n' && c.last != '\r' {
			c.octets++
		}
		c.octets++
		c.last = b
	}
	return len(p), nil
}

func (c *counter) total() int64 {
	if c.octets > 0 && c.last != '\n' {
		return c.octets + 2
	}
	return c.octets
}
