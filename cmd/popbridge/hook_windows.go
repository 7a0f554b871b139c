package main

import (
	"context"
	"os/exec"
	"syscall"
)

// shell makes a command for cmd.exe, which has no quoting that package exec could do
// for it: the line is given as it stands. It is ended when ctx ends.
func shell(ctx context.Context, command string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "cmd.exe")
	cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: `cmd.exe /S /C "` + command + `"`}
	return cmd
}
