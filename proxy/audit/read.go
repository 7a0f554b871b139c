package audit

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"time"

	"popbridge/proxy/backend"
)

// Filter chooses lines; its zero value chooses all.
type Filter struct {
	Account string
	Device  *string // nil: any, empty: logins that name none
	Client  string
	Since   time.Time
	Kinds   []backend.EventKind // none: all
}

// Matches reports whether an event is chosen. A login that was refused before its
// account was known is that of the name which the device gave. A gap is in every choice:
// what is missing may have been chosen.
func (f Filter) Matches(e backend.Event) bool {
	account := e.Account
	if account == "" {
		account = e.User
	}
	switch {
	case e.At.Before(f.Since):
		return false
	case e.Kind == backend.EventLost:
		return true
	case f.Account != "" && !strings.EqualFold(account, f.Account),
		f.Device != nil && !strings.EqualFold(e.Device, *f.Device),
		f.Client != "" && e.Client != f.Client:
		return false
	case len(f.Kinds) == 0:
		return true
	}
	for _, k := range f.Kinds {
		if e.Kind == k {
			return true
		}
	}
	return false
}

// maxLine bounds a line that is read, in octets. None is written that comes near it.
const maxLine = 1 << 20

// Read gives the lines of a file that are chosen, in their order, and how many lines
// could not be read. A file that is compressed by gzip is read too.
func Read(path string, f Filter, each func(backend.Event, []byte) error) (unreadable int, err error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	r := bufio.NewReaderSize(file, 64<<10)
	if magic, _ := r.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		packed, err := gzip.NewReader(r)
		if err != nil {
			return 0, err
		}
		r = bufio.NewReaderSize(packed, 64<<10)
	}
	for {
		text, err := readLine(r)
		if len(bytes.TrimSpace(text)) > 0 {
			var e backend.Event
			if json.Unmarshal(text, &e) != nil {
				unreadable++
			} else if f.Matches(e) {
				if err := each(e, bytes.TrimRight(text, "\r\n")); err != nil {
					return unreadable, err
				}
			}
		}
		if errors.Is(err, io.EOF) {
			return unreadable, nil
		}
		if err != nil {
			return unreadable, err
		}
	}
}

// readLine reads a line, of one that is too long only its beginning.
func readLine(r *bufio.Reader) (text []byte, err error) {
	for {
		piece, err := r.ReadSlice('\n')
		if len(text) < maxLine {
			text = append(text, piece...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return text, err
		}
	}
}
