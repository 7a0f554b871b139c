package sent

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// filed remembers which messages were sent, so that one that a device sends again is
// put into its mailbox once. It is a file of lines, a digest and a time each.
type filed struct {
	path string

	mu   sync.Mutex
	file *os.File
	at   map[filedKey]int64 // in seconds of Unix's time
	line int                // lines in the file
}

type filedKey [16]byte

const (
	// filedFor is how long a device may take to send a message again.
	filedFor = 24 * time.Hour
	// maxFiled bounds what is remembered, of about 60 octets each.
	maxFiled = 200_000
)

// key names a message: by whose it is, and all of its text, its own name among it.
func (e *entry) key() (key filedKey) {
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %x", e.Upstream, e.Account, e.digest)
	copy(key[:], h.Sum(nil))
	return key
}

func openFiled(path string) (*filed, error) {
	f := &filed{path: path, at: make(map[filedKey]int64)}
	data, err := os.Open(path)
	if err == nil {
		f.load(bufio.NewScanner(data))
		err = data.Close()
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	return f, f.rewrite()
}

// load takes the lines that can be read: the last may be cut.
func (f *filed) load(lines *bufio.Scanner) {
	since := time.Now().Add(-filedFor).Unix()
	for lines.Scan() {
		var text string
		var at int64
		if n, _ := fmt.Sscanf(lines.Text(), "%s %d", &text, &at); n != 2 || at < since {
			continue
		}
		var key filedKey
		if n, err := hex.Decode(key[:], []byte(text)); err == nil && n == len(key) {
			f.at[key] = at
		}
	}
}

// rewrite writes what is remembered anew, without what is too old. The caller holds the
// lock, but at the beginning.
func (f *filed) rewrite() error {
	if f.file != nil {
		_ = f.file.Close()
	}
	since := time.Now().Add(-filedFor).Unix()
	file, err := os.OpenFile(f.path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	f.file, f.line = file, 0
	w := bufio.NewWriter(file)
	for key, at := range f.at {
		if at < since || f.line >= maxFiled/2 {
			delete(f.at, key)
			continue
		}
		f.line++
		fmt.Fprintf(w, "%x %d\n", key, at)
	}
	return w.Flush()
}

func (f *filed) has(key filedKey) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	at, ok := f.at[key]
	return ok && time.Since(time.Unix(at, 0)) < filedFor
}

func (f *filed) add(key filedKey) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.at[key] = time.Now().Unix()
	if f.line >= maxFiled {
		_ = f.rewrite() // what cannot be written is remembered until the process ends
		return
	}
	f.line++
	_, _ = fmt.Fprintf(f.file, "%x %d\n", key, f.at[key])
}

// forget is for a message that was given up.
func (f *filed) forget(key filedKey) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, ok := f.at[key]; ok {
		delete(f.at, key)
		_ = f.rewrite()
	}
}

func (f *filed) close() error { return f.file.Close() }
