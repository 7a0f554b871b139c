package servers

import (
	"errors"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
)

// Users are the logins and passwords of a server for which a test names none. A
// new map is made for each caller, who may change it.
func Users() map[string]string {
	return map[string]string{
		"alice@example.org": "wonder land",
		"bob@example.org":   "builder",
		"carol@example.net": "s3cret:\"\\",
	}
}

// account is a user of the system. Those asked for come with Debian or with a
// package that tests/install installs.
func account(t testing.TB, name string) *user.User {
	t.Helper()
	u, err := user.Lookup(name)
	if err != nil {
		t.Fatalf("%v: run tests/install", err)
	}
	return u
}

func ids(t testing.TB, u *user.User) (uid, gid int) {
	t.Helper()
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		t.Fatal(err)
	}
	gid, err = strconv.Atoi(u.Gid)
	if err != nil {
		t.Fatal(err)
	}
	return uid, gid
}

// MailUser is the system's user of mailboxes, for whoever has no test to end.
func MailUser() (uid, gid int, err error) {
	u, err := user.Lookup("mail")
	if err != nil {
		return 0, 0, err
	}
	uid, badUID := strconv.Atoi(u.Uid)
	gid, badGID := strconv.Atoi(u.Gid)
	return uid, gid, errors.Join(badUID, badGID)
}

// own gives a file or a whole folder to a user.
func own(t testing.TB, path string, u *user.User) {
	t.Helper()
	uid, gid := ids(t, u)
	err := filepath.WalkDir(path, func(name string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(name, uid, gid)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// credential lets a program run as a user; nil, as the tester, who is then not root.
func credential(t testing.TB, u *user.User) *syscall.Credential {
	t.Helper()
	if os.Geteuid() != 0 {
		return nil
	}
	uid, gid := ids(t, u)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}
