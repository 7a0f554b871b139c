package configs

import (
	"fmt"
	"io/fs"
	"net/url"
	"os"
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
			r.warnf(first, "is a secret, and this file can be %s by every user of this machine; run chmod %s on it, or keep the secret in a file that %s%s names", done, chmod, first[strings.LastIndexByte(first, '.')+1:], secretFile)
		}
	}
}

// keptPrivate warns of the file of a secret that every user of the machine may read
// or write.
func (r *reading) keptPrivate(key, path string) {
	if text := NotPrivate(path); text != "" {
		r.warnf(key, "%s", text)
	}
}

// NotPrivate says of a file what every user of the machine may do with it, and what
// takes that from them; empty where that is nothing.
func NotPrivate(path string) string {
	done, chmod := openTo(path).toOthers()
	if done == "" {
		return ""
	}
	return fmt.Sprintf("%s can be %s by every user of this machine; run chmod %s on it", path, done, chmod)
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

// toOthers gives what every user can do with a file, and what takes that from them;
// nothing where that is nothing.
func (o openness) toOthers() (done, chmod string) {
	switch o & 0o006 {
	case 0o004:
		return "read", "o-r"
	case 0o002:
		return "written", "o-w"
	case 0o006:
		return "read and written", "o-rw"
	}
	return "", ""
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
