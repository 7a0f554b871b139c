package mailstore

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Maildir reads a Maildir as qmail-pop3d lists it: new and cur in order of the
// files' times, each under its name without what stands behind a colon, with the
// octets that the file has, where lines end with LF.
func Maildir(store fs.FS) ([]Message, error) {
	files, err := maildirFiles(store)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(files, func(a, b maildirFile) int {
		return cmp.Or(a.info.ModTime().Compare(b.info.ModTime()), cmp.Compare(a.base, b.base))
	})
	list := make([]file, len(files))
	for i, f := range files {
		list[i] = file{path: f.path, Message: Message{UniqueID: f.base, Octets: f.info.Size()}}
	}
	return printed(store, list)
}

// maildirFile is a message in a Maildir.
type maildirFile struct {
	path string
	base string // its name up to the colon, which stays when flags change
	info fs.FileInfo
}

// maildirFiles gives the messages of a Maildir, in no order that means anything.
func maildirFiles(store fs.FS) ([]maildirFile, error) {
	var files []maildirFile
	for _, folder := range []string{"new", "cur"} {
		entries, err := fs.ReadDir(store, folder)
		if errors.Is(err, fs.ErrNotExist) && folder == "new" {
			continue
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("it is not a Maildir: %w", instead(store, "folder cur"))
		}
		if err != nil {
			return nil, fmt.Errorf("it is not a Maildir: %w", err)
		}
		for _, e := range entries {
			if strings.HasPrefix(e.Name(), ".") || e.IsDir() {
				continue
			}
			info, err := e.Info()
			if errors.Is(err, fs.ErrNotExist) {
				continue // deleted meanwhile
			}
			if err != nil {
				return nil, err
			}
			base, _, _ := strings.Cut(e.Name(), ":")
			files = append(files, maildirFile{path: path.Join(folder, e.Name()), base: base, info: info})
		}
	}
	return files, nil
}

// byBase gives the messages of a Maildir by what stays of their names.
func byBase(files []maildirFile) map[string]maildirFile {
	by := make(map[string]maildirFile, len(files))
	for _, f := range files {
		by[f.base] = f
	}
	return by
}
