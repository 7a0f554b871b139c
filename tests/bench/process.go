package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// pssOf is the proportional memory of processes in kB.
func pssOf(pids []int) int64 {
	var sum int64
	for _, pid := range pids {
		data, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(data)) {
			if rest, ok := strings.CutPrefix(line, "Pss:"); ok {
				n, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
				sum += n
			}
		}
	}
	return sum
}

// descriptorsOf counts the open descriptors of processes.
func descriptorsOf(pids []int) int {
	n := 0
	for _, pid := range pids {
		fds, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
		if err == nil {
			n += len(fds)
		}
	}
	return n
}

// connectionsTo counts the established TCP connections of processes to a port of
// 127.0.0.1.
func connectionsTo(address string, pids []int) (int, error) {
	port, err := strconv.Atoi(address[strings.LastIndexByte(address, ':')+1:])
	if err != nil {
		return 0, err
	}
	theirs := make(map[string]bool)
	for _, pid := range pids {
		fds, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
		if err != nil {
			return 0, err
		}
		for _, fd := range fds {
			if link, err := os.Readlink(fd); err == nil {
				theirs[link] = true
			}
		}
	}
	data, err := os.ReadFile("/proc/net/tcp")
	if err != nil {
		return 0, err
	}
	n, remote := 0, fmt.Sprintf("0100007F:%04X", port)
	for line := range strings.Lines(string(data)) {
		// sl local_address rem_address st … inode is the tenth; 01 is ESTABLISHED.
		f := strings.Fields(line)
		if len(f) > 9 && f[2] == remote && f[3] == "01" && theirs["socket:["+f[9]+"]"] {
			n++
		}
	}
	return n, nil
}

// moreDescriptors raises the limit of open descriptors for this process and
// those that it starts, as far as it may.
func moreDescriptors(want uint64) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	if limit.Max >= want {
		return syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: want, Max: limit.Max})
	}
	if syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: want, Max: want}) == nil {
		return nil
	}
	// Set explicitly, or the kernel's old soft limit goes to children.
	return syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: limit.Max, Max: limit.Max})
}
