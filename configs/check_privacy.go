package configs

import (
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// checkPrivacy warns where others can read or write a file and it holds a secret:
// who can write it can have the secret sent elsewhere.
func (r *reading) checkPrivacy(files []source) {
	for _, f := range files {
		first := ""
		for _, key := range r.secrets {
			if r.spots[key].file == f.path && (first == "" || r.spots[key].line < r.spots[first].line) {
				first = key
			}
		}
		if done, chmod := f.open.toOthers(); first != "" && done != "" {
			r.warnf(first, "is a secret, and this file can be %s; run chmod %s on it, or keep the secret in a file that %s%s names", done, chmod, first[strings.LastIndexByte(first, '.')+1:], secretFile)
		}
		if first != "" {
			r.keptInPlace(first, f.path)
		}
	}
}

// keptPrivate warns of the file of a secret that every user of the machine may read
// or write.
func (r *reading) keptPrivate(key, path string) {
	if text := NotPrivate(path); text != "" {
		r.warnf(key, "%s", text)
	}
	r.keptInPlace(key, path)
}

// keptInPlace warns of a folder in which every user of the machine may put another file
// in the place of one that holds a secret. In one that is sticky, as /tmp is, only a
// file's owner may do so.
func (r *reading) keptInPlace(key, path string) {
	folder := filepath.Dir(path)
	if mode := openTo(folder); mode&0o002 != 0 && fs.FileMode(mode)&fs.ModeSticky == 0 {
		r.warnf(key, "the folder %s can be written by every user of this machine, who can put another file in the place of %s; run chmod o-w on it", folder, filepath.Base(path))
	}
}

// NotPrivate says of a file what others may do with it who should not, and what takes
// that from them; empty where that is nothing.
func NotPrivate(path string) string {
	done, chmod := openTo(path).toOthers()
	if done == "" {
		return ""
	}
	return fmt.Sprintf("%s can be %s; run chmod %s on it", path, done, chmod)
}

// openness is a file's mode, of which what others may do counts.
type openness fs.FileMode

func openTo(path string) openness {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return openness(info.Mode())
}

// toOthers gives what others can do with a file, and what takes that from them; nothing
// where that is nothing. A group may read a secret, since a service often gets at its
// files through one; it need not write there.
func (o openness) toOthers() (done, chmod string) {
	const everyone = " by every user of this machine"
	switch o & 0o006 {
	case 0o004:
		done, chmod = "read"+everyone, "o-r"
	case 0o002:
		return "written" + everyone, "o-w"
	case 0o006:
		return "read and written" + everyone, "o-rw"
	}
	switch {
	case o&0o020 == 0:
		return done, chmod
	case done == "":
		return "written by every member of its group", "g-w"
	}
	return done + " and written by every member of its group", chmod + ",g-w"
}

// holdsPassword reports whether the text of a Secret is one: where the state is kept, or
// a directory, is a place, and a secret only with the password of a database in it.
func holdsPassword(key, text string) bool {
	if key != "state.source" && !strings.HasPrefix(key, "lookup.") {
		return text != ""
	}
	if u, err := url.Parse(text); err == nil && u.User != nil {
		if _, set := u.User.Password(); set {
			return true
		}
	}
	return strings.Contains(strings.ToLower(text), "password")
}
