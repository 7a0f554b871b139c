package servers

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
)

// stopped reports whether every thread of the group's processes has stopped (proc(5), the
// state and the group in /proc/PID/stat).
func (g *group) stopped() bool {
	processes, _ := filepath.Glob("/proc/[0-9]*")
	for _, process := range processes {
		if of := statOf(process); of.group != g.id || of.state == 'Z' {
			continue
		}
		threads, _ := filepath.Glob(process + "/task/[0-9]*")
		for _, thread := range threads {
			if of := statOf(thread); of.group == g.id && of.state != 'T' {
				return false
			}
		}
	}
	return true
}

// stat is what the kernel says of a process or a thread; zeros where it is gone.
type stat struct {
	state rune
	group int
}

// statOf reads it. The name, in brackets, may hold anything, brackets too.
func statOf(path string) (s stat) {
	text, err := os.ReadFile(path + "/stat")
	end := bytes.LastIndexByte(text, ')')
	if err != nil || end < 0 {
		return stat{}
	}
	var parent int
	if _, err := fmt.Sscanf(string(text[end+1:]), " %c %d %d", &s.state, &parent, &s.group); err != nil {
		return stat{}
	}
	return s
}
