package main

import (
	"runtime/debug"
	"testing"

	"popbridge/cmd/popbridge/internal/service"
)

// The linker's word goes before the stamp of the build, and a binary without either
// says that it does not know.
func TestTheVersionComesFromTheBuild(t *testing.T) {
	stamped := &debug.BuildInfo{
		Main:     debug.Module{Version: "v0.1.1-0.20261130003458-0858f07aaaaa+dirty"},
		Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "0858f07aaaaabbbbb"}},
	}
	for _, c := range []struct {
		info            *debug.BuildInfo
		version, commit string
		want            service.Build
	}{
		{stamped, "", "", service.Build{Version: "0.1.1-0.20261130003458-0858f07aaaaa+dirty", Commit: "0858f07aaaaabbbbb"}},
		{stamped, "0.1.0", "0858f07", service.Build{Version: "0.1.0", Commit: "0858f07"}},
		{&debug.BuildInfo{Main: debug.Module{Version: "(devel)"}}, "", "", service.Build{Version: "unknown", Commit: "unknown"}},
		{new(debug.BuildInfo), "", "", service.Build{Version: "unknown", Commit: "unknown"}},
	} {
		if got := builtFrom(c.info, c.version, c.commit); got != c.want {
			t.Errorf("got %v, want %v", got, c.want)
		}
	}
}
