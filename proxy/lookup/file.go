package lookup

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"popbridge/translate"
)

// look is how often it is looked whether a file has changed.
const look = time.Second

// file is a directory that lies in a file. It is read whole and kept as it is, with an
// index, and read again when its time, size or inode has changed. While it is being
// written, or has a mistake in it, what was read before counts.
type file struct {
	path  string
	stale time.Duration

	mu     sync.Mutex
	table  *table
	info   os.FileInfo
	looked time.Time // when it was looked last whether it has changed
	good   time.Time // when the table was last seen to be the file's
	err    error     // why it is not now
}

func (f *file) reads(q translate.DirectoryQuestion) translate.DirectoryQuestion {
	return translate.DirectoryQuestion{Account: q.Account}
}

func (f *file) ask(_ context.Context, q translate.DirectoryQuestion) (translate.DirectoryAnswer, bool, error) {
	t, err := f.current(time.Now())
	if err != nil {
		return translate.DirectoryAnswer{}, false, err
	}
	if answer, ok := t.find(q.Account); ok {
		return answer, true, nil
	}
	_, domain, _ := strings.Cut(q.Account, "@")
	answer, ok := t.find("*@" + domain)
	return answer, ok && domain != "", nil
}

// current gives the file's table, or for stale after it was last good the one before.
func (f *file) current(now time.Time) (*table, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.looked.IsZero() || now.Sub(f.looked) >= look {
		f.looked = now
		if f.err = f.refresh(); f.err == nil {
			f.good = now
		}
	}
	if f.err != nil && (f.table == nil || now.Sub(f.good) >= f.stale) {
		return nil, f.err
	}
	return f.table, nil
}

func (f *file) refresh() error {
	info, err := os.Stat(f.path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a file", f.path)
	}
	if f.err == nil && f.info != nil && os.SameFile(info, f.info) && info.ModTime().Equal(f.info.ModTime()) && info.Size() == f.info.Size() {
		return nil
	}
	data, err := os.ReadFile(f.path)
	if err != nil {
		return err
	}
	t, err := parseTable(data)
	if err != nil {
		return fmt.Errorf("%s:%w", f.path, err)
	}
	f.table, f.info = t, info
	return nil
}

func (f *file) close() {}
