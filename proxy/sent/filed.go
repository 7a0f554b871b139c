package sent

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"popbridge/translate"
)

// filed remembers which messages were sent, so that one that a device sends again is
// put into its mailbox once, and whose the places in mailboxes are, so that none is
// taken for two messages. It is a file of lines, a digest and a time each.
type filed struct {
	path string
	most int // of them

	mu   sync.Mutex
	file *os.File
	at   map[filedKey]int64 // in seconds of Unix's time
	line int                // lines in the file
}

type filedKey [16]byte

const (
	// filedFor is how long a device may take to send a message again. It is longer than
	// any message's place is looked at.
	filedFor = 3 * found
	// maxFiled bounds what is remembered, of about 60 octets each.
	maxFiled = 200_000
)

// key names a message: by whose it is, and all of its text, its own name among it.
func (e *entry) key() filedKey {
	return newKey("%q %q %x", e.Upstream, e.Account, e.digest)
}

// placeKey names a place in the mailbox of an entry.
func (e *entry) placeKey(p translate.Place) filedKey {
	return newKey("place %q %q %q %d %d", e.Upstream, e.Account, p.Mailbox, p.UIDValidity, p.UID)
}

func newKey(format string, parts ...any) (key filedKey) {
	h := sha256.New()
	fmt.Fprintf(h, format, parts...)
	copy(key[:], h.Sum(nil))
	return key
}

func openFiled(path string, most int) (*filed, error) {
	f := &filed{path: path, most: most, at: make(map[filedKey]int64)}
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

// rewrite writes what is remembered anew, without what is too old, or the older half of
// too much. The caller holds the lock, but at the beginning.
func (f *filed) rewrite() error {
	since := time.Now().Add(-filedFor).Unix()
	keys := make([]filedKey, 0, len(f.at))
	for key, at := range f.at {
		if at < since {
			delete(f.at, key)
		} else {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(a, b filedKey) int { return int(f.at[b] - f.at[a]) })
	for len(keys) > f.most/2 {
		delete(f.at, keys[len(keys)-1])
		keys = keys[:len(keys)-1]
	}
	var text bytes.Buffer
	for _, key := range keys {
		fmt.Fprintf(&text, "%x %d\n", key, f.at[key])
	}
	// The file that there is stays until the new one is whole.
	if err := os.WriteFile(f.path+".tmp", text.Bytes(), 0o600); err != nil {
		return err
	}
	if f.file != nil {
		_ = f.file.Close()
	}
	err := os.Rename(f.path+".tmp", f.path)
	if err == nil {
		f.line = len(keys)
	}
	var oerr error
	f.file, oerr = os.OpenFile(f.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	return errors.Join(err, oerr)
}

func (f *filed) has(key filedKey) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.knows(key)
}

func (f *filed) knows(key filedKey) bool {
	at, ok := f.at[key]
	return ok && time.Since(time.Unix(at, 0)) < filedFor
}

// take remembers a key for as long as the process runs, and reports whether it is new.
func (f *filed) take(key filedKey) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.knows(key) {
		return false
	}
	f.at[key] = time.Now().Unix()
	return true
}

func (f *filed) add(key filedKey) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.at[key] = time.Now().Unix()
	if f.line >= f.most {
		_ = f.rewrite() // what cannot be written is remembered until the process ends
		return
	}
	f.line++
	_, _ = fmt.Fprintf(f.file, "%x %d\n", key, f.at[key])
}

// release forgets what take has remembered.
func (f *filed) release(key filedKey) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.at, key)
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
