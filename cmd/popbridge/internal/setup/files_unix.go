//go:build unix

package setup

import (
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// serviceGroup is the group that packages make for the service.
const serviceGroup = "popbridge"

// share gives a file or a folder to the service's group with a mode, where this user
// can; else it stays with this user.
func share(path string, mode fs.FileMode) (whose string, err error) {
	if g, err := user.LookupGroup(serviceGroup); err == nil {
		if id, err := strconv.Atoi(g.Gid); err == nil && os.Chown(path, -1, id) == nil {
			return fmt.Sprintf("group %s, mode %#o", serviceGroup, mode), os.Chmod(path, mode)
		}
	}
	return "for this user alone, mode 0600", nil
}

// Share gives a file that a person has put beside the configuration to the service's
// group, where there is that group, this user is root, and the file is not the group's
// already. It tells whose the file is then; empty where nothing has changed.
func Share(path string) (whose string, err error) {
	g, err := user.LookupGroup(serviceGroup)
	if err != nil || os.Geteuid() != 0 {
		return "", nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || strconv.Itoa(int(owner.Gid)) == g.Gid && info.Mode().Perm() == 0o640 {
		return "", nil
	}
	return share(path, 0o640)
}

// LikeFolder gives files the owner and the group of the folder that they are in, so
// that a ledger that root has made is the service's.
func LikeFolder(folder string, files ...string) error {
	info, err := os.Stat(folder)
	if err != nil {
		return err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	for _, path := range files {
		if err := os.Chown(path, int(owner.Uid), int(owner.Gid)); err != nil {
			return err
		}
	}
	return nil
}
