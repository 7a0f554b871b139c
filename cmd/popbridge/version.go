package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"popbridge/cmd/popbridge/internal/service"
)

// version and commit are set by the linker for a package or a release (see the
// Makefile). Where they are not, what "go build" stamps into a binary says them.
var version, commit = "", ""

// unknown stands for what neither the linker nor the build has said.
const unknown = "unknown"

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print version, commit and Go version",
		Example: "  popbridge version",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			b := built()
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "popbridge %s, commit %s, %s %s/%s\n", b.Version, b.Commit, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}

// built says what this binary was built from.
func built() service.Build {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = new(debug.BuildInfo)
	}
	return builtFrom(info, version, commit)
}

// builtFrom fills in what the linker did not say: the version that Go makes of the
// nearest tag, and the commit of the checkout. Neither is there in a build from a
// folder without its .git.
func builtFrom(info *debug.BuildInfo, version, commit string) service.Build {
	if version == "" && info.Main.Version != "(devel)" {
		version = strings.TrimPrefix(info.Main.Version, "v")
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && commit == "" {
			commit = s.Value
		}
	}
	b := service.Build{Version: version, Commit: commit}
	if b.Version == "" {
		b.Version = unknown
	}
	if b.Commit == "" {
		b.Commit = unknown
	}
	return b
}
