package configs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// unreadable says why a file cannot be read. Where the permissions forbid it, it
// says who popbridge runs as, whose the file is, its mode, and what mends it.
func unreadable(path string, err error) string {
	text := path + " cannot be read: " + reason(err)
	if !errors.Is(err, fs.ErrPermission) {
		return text
	}
	at, folder := path, false
	if shut := shutFolder(path); shut != "" {
		at, folder = shut, true
	}
	info, err := os.Stat(at)
	if err != nil {
		return text
	}
	owner, ok := ownerOf(info)
	if !ok {
		return text
	}
	return text + "; " + forbidden(self(), at, folder, info.Mode().Perm(), owner)
}

// shutFolder is the topmost folder above a file that this process may not look
// into; empty where there is none.
func shutFolder(path string) string {
	above := filepath.Dir(path)
	if above == path {
		return ""
	}
	if shut := shutFolder(above); shut != "" {
		return shut
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrPermission) {
		return above
	}
	return ""
}

// owner names the user and the group of a file, or those that a process runs as.
type owner struct {
	user, group string
	groups      []string // all groups of a process
}

// serviceName is the user and the group that packages make for the service.
const serviceName = "popbridge"

// forbidden tells what keeps a process from a file or a folder.
func forbidden(me owner, path string, folder bool, mode fs.FileMode, of owner) string {
	what, need := path, fs.FileMode(0o040)
	if folder {
		what, need = "the folder "+path, 0o010
	}
	text := fmt.Sprintf("popbridge runs as user %s and group %s, %s belongs to %s:%s and has mode %#o", me.user, me.group, what, of.user, of.group, mode)
	switch {
	case folder && mode == 0:
		// What systemd puts in the place of /home and /root (ProtectHome=).
		return text + "; a service may not look there, so keep the file in /etc/popbridge"
	case me.user != serviceName && (of.user == serviceName || of.group == serviceName && mode&need != 0):
		// It is the service's already; giving it to this user would take it from there.
		return text + "; run the command as the service does: sudo -u " + serviceName + " popbridge …"
	case of.user == me.user:
		return fmt.Sprintf("%s; run: chmod %s %s", text, map[bool]string{false: "u+r", true: "u+x"}[folder], path)
	case slices.Contains(me.groups, of.group) && mode&need != 0:
		// The mode lets it in; an access list or the system's own rules do not.
		return text + "; the mode would let it in, so look at getfacl, AppArmor or SELinux"
	case folder:
		return fmt.Sprintf("%s; run: chown :%s %[3]s && chmod g+x %[3]s", text, me.group, path)
	}
	return fmt.Sprintf("%s; run: chown root:%s %[3]s && chmod 0640 %[3]s", text, me.group, path)
}
