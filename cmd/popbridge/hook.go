package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"
)

// hookPatience is how long a command may take to end that was told to.
const hookPatience = 5 * time.Second

// hook makes what runs an operator's command around a move; nil for none. What the
// command prints goes to out. When its time is over it gets SIGTERM, with all that
// it has started, and a little later SIGKILL.
func hook(command string, out io.Writer) func(ctx context.Context, account, from, to string) error {
	if command == "" {
		return nil
	}
	return func(ctx context.Context, account, from, to string) error {
		cmd := shell(ctx, command)
		cmd.Env = append(os.Environ(), "POPBRIDGE_ACCOUNT="+account, "POPBRIDGE_FROM="+from, "POPBRIDGE_TO="+to)
		cmd.Stdout, cmd.Stderr = out, out
		cmd.WaitDelay = hookPatience
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("%q: %w", command, err)
		}
		return nil
	}
}
