package database

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// sqliteFile is the ledger's file as it was opened. SQLite goes on with a file that
// was removed or replaced: what it commits then is gone with the process. So the
// file's identity is compared at each write and each second, with that of the files
// beside it in which SQLite keeps what is not in it yet, and a stamp inside that
// each transaction raises (PRAGMA user_version, in the file's header): a backup that
// is copied over the file has a lower one.
//
// The descriptor stays open until the database is closed: to close it would give up
// the locks that SQLite has on the file (https://www.sqlite.org/howtocorrupt.html,
// §2.2).
type sqliteFile struct {
	path string
	file *os.File
	own  fs.FileInfo // of the file; its size is that at the start

	mu     sync.Mutex
	beside map[string]fs.FileInfo // by suffix, since they were first seen
	octets int64                  // at the last look
	header uint32                 // the stamp that was last seen in the header
	stamp  uint32                 // the stamp of the last commit; 0: of none yet
	ruined error                  // what was lost does not come back
}

// lostFile is what an operator is told about a file that is no longer there.
type lostFile struct{ path, why string }

func (l *lostFile) Error() string {
	return fmt.Sprintf("the ledger %s %s while popbridge runs, and what is written to it would be lost: put back the file that was there, or start popbridge anew with the one that lies there now", l.path, l.why)
}

// Where SQLite's header holds its own octets, in pages, and the stamp
// (https://www.sqlite.org/fileformat2.html, §1.3).
const (
	headerOctets   = 100
	headerPageSize = 16
	headerPages    = 28
	headerStamp    = 60
)

func openFile(path string) (*sqliteFile, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &sqliteFile{path: path, file: file, own: info, beside: make(map[string]fs.FileInfo)}, nil
}

func (f *sqliteFile) close() error { return f.file.Close() }

// check fails where the file is not what it was. A file that is back is good again;
// one that was cut or written over is not.
func (f *sqliteFile) check() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ruined != nil {
		return f.ruined
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if why := f.moved(suffix); why != "" {
			return &lostFile{f.path, why}
		}
	}
	why := f.spoilt()
	if why != "" {
		why = f.spoilt() // not in the middle of a checkpoint
	}
	if why != "" {
		f.ruined = &lostFile{f.path, why}
	}
	return f.ruined
}

// moved compares a name with the file that is open. The mutex is held for the files beside
// the database's own.
func (f *sqliteFile) moved(suffix string) string {
	was := f.own
	if suffix != "" {
		was = f.beside[suffix]
	}
	now, err := os.Stat(f.path + suffix)
	switch {
	case was == nil && err == nil:
		f.beside[suffix] = now
	case was == nil:
	case errors.Is(err, fs.ErrNotExist):
		return "was removed (" + filepath.Base(f.path+suffix) + ")"
	case err != nil:
		return "cannot be looked at (" + err.Error() + ")"
	case !os.SameFile(was, now):
		return "was replaced (" + filepath.Base(f.path+suffix) + ")"
	}
	return ""
}

// spoilt looks into the file: SQLite itself reads what it has in memory.
func (f *sqliteFile) spoilt() string {
	info, err := f.file.Stat()
	if err != nil {
		return "cannot be looked at (" + err.Error() + ")"
	}
	var head [headerOctets]byte
	if _, err := f.file.ReadAt(head[:], 0); errors.Is(err, io.EOF) {
		return fmt.Sprintf("was cut to %d octets", info.Size())
	} else if err != nil {
		return "cannot be read (" + err.Error() + ")"
	}
	if octets := pageSize(head[:]) * int64(binary.BigEndian.Uint32(head[headerPages:])); info.Size() < f.octets && info.Size() < octets {
		return fmt.Sprintf("was cut to %d octets", info.Size())
	}
	stamp := binary.BigEndian.Uint32(head[headerStamp:])
	if before(stamp, f.header) {
		return "was written over with an older one"
	}
	f.octets, f.header = info.Size(), stamp
	return ""
}

// pageSize is that of the header; 1 stands for what two octets cannot hold.
func pageSize(head []byte) int64 {
	if n := int64(binary.BigEndian.Uint16(head[headerPageSize:])); n != 1 {
		return n
	}
	return 1 << 16
}

// before compares stamps, which begin again where 32 bits end.
func before(a, b uint32) bool { return int32(a-b) < 0 }

// raise writes the next stamp, within a transaction, and gives it.
func (f *sqliteFile) raise(ctx context.Context, tx *sql.Tx) (uint32, error) {
	var now int32
	if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&now); err != nil {
		return 0, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stamp != 0 && before(uint32(now), f.stamp) {
		f.ruined = &lostFile{f.path, "was written over with an older one"}
		return 0, f.ruined
	}
	_, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", now+1))
	return uint32(now + 1), err
}

// raised takes note of a stamp that is committed, and checks that it was committed
// to the file which others will read.
func (f *sqliteFile) raised(stamp uint32) error {
	f.mu.Lock()
	f.stamp = stamp
	f.mu.Unlock()
	return f.check()
}
