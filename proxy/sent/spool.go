package sent

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"popbridge/proxy/backend"
	"popbridge/proxy/ledger/database"
)

// The endings of a file's name; see the package's comment.
const (
	endNew   = ".new"
	endDoubt = ".doubt"
	endSent  = ".sent"
)

// spool is the folder of the files.
type spool struct {
	folder string
	lock   *os.File
	cipher Cipher // nil: files are not encrypted
	limit  atomic.Int64
	used   atomic.Int64
}

// maxSpools is how many popbridge may share a state folder.
const maxSpools = 100

// openSpool takes the first folder that no other process has: "sent" below the state's
// folder, or where several share that, "sent.2" and so on. The lock ends with the
// process, however that ends.
func openSpool(state string, c Cipher) (*spool, error) {
	for n := 1; n <= maxSpools; n++ {
		folder := filepath.Join(state, "sent")
		if n > 1 {
			folder += "." + strconv.Itoa(n)
		}
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return nil, err
		}
		lock, err := os.OpenFile(filepath.Join(folder, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return nil, err
		}
		switch err := database.LockFile(lock); {
		case err == nil:
			return &spool{folder: folder, lock: lock, cipher: c}, nil
		case !errors.Is(err, database.ErrHeld):
			return nil, errors.Join(err, lock.Close())
		}
		_ = lock.Close()
	}
	return nil, fmt.Errorf("%d processes have a folder of sent mail in %s already", maxSpools, state)
}

// reserve takes room for so many octets, and gives what takes it back with a negative
// number.
func (s *spool) reserve(octets int64) error {
	if used := s.used.Add(octets); octets > 0 && used > s.limit.Load() {
		s.used.Add(-octets)
		return fmt.Errorf("limits.spool_size is reached: %d octets of sent mail are waiting", used-octets)
	}
	return nil
}

// entry is a message that is sent and waits for its mailbox.
type entry struct {
	backend.SentMail
	id     string
	at     time.Time
	size   int64 // of the file, as reserved
	octets int64 // of the text
	digest [32]byte

	given  string   // the Message-ID that the server says it has given it
	again  bool     // it may be in its mailbox by an earlier attempt
	looked int      // how many looks at the provider's own doing are over
	place  filedKey // in its mailbox; zero: not known
}

func (s *spool) path(id, end string) string { return filepath.Join(s.folder, id+end) }

// open reads the text of an entry.
func (s *spool) open(id string) (*reader, io.Closer, error) {
	f, err := os.Open(s.path(id, endSent))
	if err != nil {
		return nil, nil, err
	}
	r, err := newReader(f, id, s.cipher)
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return r, f, nil
}

// remove takes an entry away.
func (s *spool) remove(e *entry) error {
	_ = s.reserve(-e.size)
	return os.Remove(s.path(e.id, endSent))
}

// syncFolder has the names of the folder outlive a loss of power.
func (s *spool) syncFolder() error {
	d, err := os.Open(s.folder)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// recovered is what a process that has ended left behind.
type recovered struct {
	sent    []*entry
	doubted int              // whose server may have them
	bad     map[string]error // files that cannot be read, by path
}

// recover goes through what was left.
func (s *spool) recover() (recovered, error) {
	found := recovered{bad: make(map[string]error)}
	files, err := os.ReadDir(s.folder)
	if err != nil {
		return found, err
	}
	for _, f := range files {
		name := f.Name()
		switch id, sent := strings.CutSuffix(name, endSent); {
		case sent:
			e, err := s.read(id)
			if err != nil {
				found.bad[filepath.Join(s.folder, name)] = err
				continue
			}
			_ = s.reserve(e.size)
			found.sent = append(found.sent, e)
		case strings.HasSuffix(name, endDoubt):
			found.doubted++
			fallthrough
		case strings.HasSuffix(name, endNew):
			if err := os.Remove(filepath.Join(s.folder, name)); err != nil {
				return found, err
			}
		}
	}
	return found, nil
}

// read reads a whole file, so that one that is damaged is found now.
func (s *spool) read(id string) (*entry, error) {
	r, f, err := s.open(id)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	octets, err := io.Copy(io.Discard, r)
	if err != nil {
		return nil, err
	}
	if octets != r.tail.Octets {
		return nil, errDamaged
	}
	return &entry{SentMail: r.head.mail(), id: id, at: time.Unix(r.head.At, 0), size: octets, octets: octets, digest: r.tail.Digest}, nil
}

// newID names a file.
func newID() string { return strings.ToLower(rand.Text()) }
