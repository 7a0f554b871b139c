//go:build unix

package configs

import (
	"io/fs"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// ownerOf gives whose a file is.
func ownerOf(info fs.FileInfo) (owner, bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return owner{}, false
	}
	return owner{user: userName(int(stat.Uid)), group: groupName(int(stat.Gid))}, true
}

// self gives who this process is.
func self() owner {
	me := owner{user: userName(os.Geteuid()), group: groupName(os.Getegid())}
	me.groups = []string{me.group}
	more, _ := os.Getgroups()
	for _, id := range more {
		me.groups = append(me.groups, groupName(id))
	}
	return me
}

// userName is a user's name, or the number where the machine has none for it.
func userName(id int) string {
	if u, err := user.LookupId(strconv.Itoa(id)); err == nil {
		return u.Username
	}
	return strconv.Itoa(id)
}

func groupName(id int) string {
	if g, err := user.LookupGroupId(strconv.Itoa(id)); err == nil {
		return g.Name
	}
	return strconv.Itoa(id)
}
