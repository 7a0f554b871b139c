package main

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// tick is the unit of CPU times in /proc (proc(5), sysconf(_SC_CLK_TCK)), which
// Linux has fixed at 100 a second for programs.
const tick = 10 * time.Millisecond

// cpuOf is the CPU time that processes, and their children that have ended, have used so far.
// Each process is asked in nanoseconds: a server that starts a process for each of a hundred
// connections has used a second where each of them has used a tick. A process that is gone
// meanwhile has its time in its parent's, so they are counted again without it.
func cpuOf(pids []int) time.Duration {
	for {
		var sum time.Duration
		for _, pid := range pids {
			sum += ownCPU(pid) + endedCPU(pid)
		}
		there := slices.DeleteFunc(slices.Clone(pids), func(pid int) bool { return ownCPU(pid) == 0 })
		if len(there) == len(pids) {
			return sum
		}
		pids = there
	}
}

// ownCPU is what a process has used, with its threads that have ended; 0 where there is none.
func ownCPU(pid int) time.Duration {
	var used unix.Timespec
	// The clock of a process is its number, inverted, above three bits of which 2 stands for its
	// whole time as the scheduler counts it (CPUCLOCK_SCHED, as clock_getcpuclockid(3) makes it).
	if err := unix.ClockGettime(int32(^pid<<3|2), &used); err != nil {
		return 0
	}
	return time.Duration(used.Nano())
}

// endedCPU is what the children of a process had used that have ended, and those of theirs. It
// is in ticks, but of the sum: what is lost of one is not lost of the next.
func endedCPU(pid int) time.Duration {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	var ticks int64
	// pid (comm) state …: cutime and cstime are fields 16 and 17.
	fields := bytes.Fields(data[bytes.LastIndexByte(data, ')')+1:])
	for _, f := range fields[13:15] {
		n, _ := strconv.ParseInt(string(f), 10, 64)
		ticks += n
	}
	return time.Duration(ticks) * tick
}
