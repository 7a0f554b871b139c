package database

import (
	"encoding/binary"
	"errors"
	"os"
	"runtime"
	"syscall"

	"popbridge/proxy/ledger/recall"
)

// walIndex is the file beside SQLite's in which every process that has the database finds
// what was committed last, whoever has committed it (https://www.sqlite.org/walformat.html,
// §2.1: the header is there twice, and is being written where both differ). It is read, and
// costs no lock: so each login knows whether another process has committed anything.
//
// The descriptor stays open as long as the database, as that of sqliteFile does.
type walIndex struct {
	file  *os.File
	raw   syscall.RawConn
	read  func(fd uintptr) // reads twice; made once, and not for each look
	twice [2 * walHeaderOctets]byte
	whole bool // twice was read
}

// Of the header: its octets, and where the number of commits stands in it.
const (
	walHeaderOctets  = len(recall.Version{}.Header)
	walHeaderCommits = 8
)

// openWALIndex opens the file of a database that has a connection. It gives nil where what
// SQLite writes into its memory is not what reading the file gives, or not at once.
func openWALIndex(path string) (*walIndex, error) {
	switch runtime.GOOS {
	case "linux", "darwin", "freebsd":
	default:
		return nil, nil
	}
	file, err := os.Open(path + "-shm")
	if err != nil {
		return nil, err
	}
	raw, err := file.SyscallConn()
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	w := &walIndex{file: file, raw: raw}
	w.read = func(fd uintptr) { w.whole = readStart(fd, w.twice[:]) }
	return w, nil
}

// version tells the last commit; false while it is being written. One goroutine at a time
// may ask.
func (w *walIndex) version() (v recall.Version, ok bool) {
	if err := w.raw.Control(w.read); err != nil || !w.whole {
		return v, false
	}
	copy(v.Header[:], w.twice[:])
	if v.Header != [walHeaderOctets]byte(w.twice[walHeaderOctets:]) {
		return v, false
	}
	v.Commits = binary.NativeEndian.Uint32(v.Header[walHeaderCommits:])
	return v, true
}

// remember has what is read kept, where it can be told what others commit.
func (d *DB) remember(path string) error {
	index, err := openWALIndex(path)
	if err != nil || index == nil {
		return err
	}
	d.memory = recall.New(recalled, index.version)
	closed := d.closed
	d.closed = func() error { return errors.Join(closed(), index.file.Close()) }
	return nil
}
