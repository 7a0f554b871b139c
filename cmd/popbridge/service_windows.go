package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/windows/svc"
	"golang.org/x/sys/windows/svc/eventlog"
)

const (
	// restartDelay is between a failure and the next start.
	restartDelay = 2 * time.Second
	// recoveryPeriod is how long, in seconds, the service has to run for a failure to
	// count as the first again.
	recoveryPeriod = 3600
)

// windowsService serves until Windows says that it should stop.
type windowsService struct {
	ctx  context.Context
	path string
}

// runService is what Windows starts. A service has no screen: the log goes to a file
// beside the configuration, and the state to a folder there, unless it is set.
func runService(ctx context.Context, path string) error {
	if inside, err := svc.IsWindowsService(); err != nil || !inside {
		return usageError{errors.New(`this is for Windows to start; "popbridge service install" makes the service, and "popbridge serve" runs here`)}
	}
	if os.Getenv("STATE_DIRECTORY") == "" {
		if err := os.Setenv("STATE_DIRECTORY", filepath.Dir(path)); err != nil {
			return err
		}
	}
	return svc.Run(serviceName, windowsService{ctx, path})
}

// Execute obeys Windows (svc.Handler). Its exit code is the command's own.
func (w windowsService) Execute(_ []string, requests <-chan svc.ChangeRequest, status chan<- svc.Status) (specific bool, code uint32) {
	status <- svc.Status{State: svc.StartPending}
	log, err := os.OpenFile(filepath.Join(filepath.Dir(w.path), "popbridge.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		tellEvents(err)
		return true, exitFailed
	}
	defer log.Close()
	ctx, stop := context.WithCancel(w.ctx)
	defer stop()
	served := make(chan error, 1)
	go func() { served <- serve(ctx, w.path, log) }()
	status <- svc.Status{State: svc.Running, Accepts: svc.AcceptStop | svc.AcceptShutdown}
	for {
		select {
		case err := <-served:
			if err != nil {
				tellEvents(fmt.Errorf("%w; see %s", err, log.Name()))
				return true, exitFailed
			}
			return false, exitDone
		case r := <-requests:
			switch r.Cmd {
			case svc.Interrogate:
				status <- r.CurrentStatus
			case svc.Stop, svc.Shutdown:
				status <- svc.Status{State: svc.StopPending}
				stop()
			}
		}
	}
}

// tellEvents writes to the log of Windows, where somebody looks for a service that does
// not start.
func tellEvents(why error) {
	events, err := eventlog.Open(serviceName)
	if err != nil {
		return // and there is no other place
	}
	defer events.Close()
	_ = events.Error(1, why.Error())
}
