//go:build unix

package main

import (
	"context"
	"os/exec"
	"syscall"
)

// shell makes a command for /bin/sh, which with all that it starts gets SIGTERM when
// ctx ends.
func shell(ctx context.Context, command string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", command)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	return cmd
}
