//go:build !windows

package main

import "github.com/spf13/cobra"

// platformCommands are commands of this system alone. Where the service is started by
// systemd, rc or launchd, "serve" is all that they need.
func platformCommands() []*cobra.Command { return nil }
