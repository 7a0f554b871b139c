package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// burnsFor has this test's program use so much of the CPU, say how much it was, and wait for
// the end of its input.
const burnsFor = "POPBRIDGE_BENCH_BURNS"

// TestMain is the program that TestCPUOf starts, or the tests.
func TestMain(m *testing.M) {
	if most, err := time.ParseDuration(os.Getenv(burnsFor)); err == nil {
		fmt.Println(int64(burn(most)))
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// burn uses the CPU, and gives what the process has used since it was started.
func burn(most time.Duration) time.Duration {
	for {
		var u unix.Rusage
		if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
			panic(err)
		}
		if used := time.Duration(u.Utime.Nano() + u.Stime.Nano()); used >= most {
			return used
		}
	}
}

// TestCPUOf holds what is counted against what the processes say of themselves: many that have
// used little, as long as they live, and through their parent when they have ended.
func TestCPUOf(t *testing.T) {
	const many = 20
	self := []int{os.Getpid()}
	before := endedCPU(self[0])
	var pids []int
	var said time.Duration
	var ends []func()
	for range many {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), burnsFor+"=1ms")
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ends = append(ends, func() {
			_ = in.Close()
			if err := cmd.Wait(); err != nil {
				t.Error(err)
			}
		})
		line, err := bufio.NewReader(out).ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		used, err := strconv.ParseInt(strings.TrimSpace(line), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		pids, said = append(pids, cmd.Process.Pid), said+time.Duration(used)
	}
	living := cpuOf(pids)
	for _, end := range ends {
		end()
	}
	// Each goes on for a moment behind what it has said of itself.
	if living < said {
		t.Errorf("%d living processes have used %v by their own account, and %v is counted", many, said, living)
	}
	// Of their sum two fields are cut to whole ticks, here and before.
	if ended := endedCPU(self[0]) - before; ended < living-4*tick {
		t.Errorf("%d processes had used %v, and %v is counted when they have ended", many, living, ended)
	}
	if gone := cpuOf(pids); gone != 0 {
		t.Errorf("%v is counted of processes that are gone", gone)
	}
	if mine := cpuOf(self); mine < living-4*tick {
		t.Errorf("%v is counted of this process and its children, which have used %v", mine, living)
	}
}
