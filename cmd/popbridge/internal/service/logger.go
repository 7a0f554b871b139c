package service

import (
	"io"

	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
)

// newLogger makes the service's log. Its level can change while it runs, and
// changes for every logger made of it: with SyncParentLevel hclog would read it
// in With, unguarded, while a reload writes it.
func newLogger(c configs.Log, w io.Writer) hclog.Logger {
	return hclog.New(&hclog.LoggerOptions{
		Name:       "popbridge",
		Level:      level(c),
		Output:     w,
		JSONFormat: c.Format == configs.LogJSON,
	})
}

func level(c configs.Log) hclog.Level { return hclog.LevelFromString(c.Level.String()) }
