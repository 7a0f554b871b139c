package main

import (
	"io"

	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
)

// newLogger makes the service's log. Its level can change while it runs.
func newLogger(c configs.Log, w io.Writer) hclog.Logger {
	return hclog.New(&hclog.LoggerOptions{
		Name:            "popbridge",
		Level:           level(c),
		Output:          w,
		JSONFormat:      c.Format == configs.LogJSON,
		SyncParentLevel: true,
	})
}

func level(c configs.Log) hclog.Level { return hclog.LevelFromString(c.Level.String()) }
