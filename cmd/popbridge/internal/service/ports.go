package service

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"syscall"
	"time"

	"popbridge/cmd/popbridge/internal/health"
	"popbridge/configs"
	"popbridge/proxy/server"
	"popbridge/proxy/upstream"
)

// portTimeout is how long whoever has a port may take to greet.
const portTimeout = 5 * time.Second

// CheckPorts opens the port of each listener as the service would, and closes it again
// when all have been tried: two listeners may want the same. A port that a running
// popbridge has is as it should be.
func CheckPorts(ctx context.Context, cfg *configs.Config, tell func(subject string, findings ...upstream.Finding)) {
	var opened []net.Listener
	defer func() {
		for _, l := range opened {
			_ = l.Close()
		}
	}()
	for _, name := range slices.Sorted(maps.Keys(cfg.Listener)) {
		l := cfg.Listener[name]
		port, err := server.OpenPort(l.Address)
		finding := upstream.Finding{Text: "the port is free"}
		switch {
		case err == nil:
			opened = append(opened, port)
		case errors.Is(err, syscall.EACCES):
			finding = upstream.Finding{Warning: true, Text: fmt.Sprintf("not tried: %v", err)}
		case errors.Is(err, syscall.EADDRINUSE):
			finding = takenPort(ctx, l, err)
		default:
			finding = upstream.Finding{Err: err}
		}
		tell(fmt.Sprintf("listener %s (%s)", name, l.Address), finding)
	}
}

// takenPort says who has a port.
func takenPort(ctx context.Context, l configs.Listener, taken error) upstream.Finding {
	ctx, cancel := context.WithTimeout(ctx, portTimeout)
	defer cancel()
	if greeting, err := health.Greeting(ctx, l); err == nil && strings.Contains(greeting, "popbridge") {
		return upstream.Finding{Text: "a running popbridge is using the port"}
	}
	return upstream.Finding{Err: taken}
}

// OpenPort opens a port as a listener does, for what is no listener of the
// configuration. Its error says what to do about it.
func OpenPort(address string) (net.Listener, error) { return server.OpenPort(address) }
