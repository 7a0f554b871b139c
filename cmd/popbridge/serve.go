package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"popbridge/cmd/popbridge/internal/service"
	"popbridge/configs"
	"popbridge/translate"
)

func serveCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve [--config FILE]",
		Short: "Run the service",
		Long: `Run the service until SIGTERM or SIGINT. The first signal stops new connections, after
limits.shutdown_delay, and lets sessions finish for up to limits.drain; a second one ends
the service at once. SIGHUP
reloads the configuration: if it has mistakes they are reported, and the running
configuration stays in force. Sessions keep the configuration they started with. The log
goes to standard error.`,
		Example: "  popbridge serve",
		Args:    noArguments,
	}
	named := configFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		path, err := configPath(*named)
		if err != nil {
			return err
		}
		return serve(cmd.Context(), path, cmd.ErrOrStderr())
	}
	return cmd
}

func serve(ctx context.Context, path string, errOut io.Writer) error {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	defer signal.Stop(signals)

	// What reads files runs beside the signals: a file that does not answer, on NFS or
	// in a FIFO, must not keep the process from being ended.
	begun := make(chan started, 1)
	go func() { begun <- begin(ctx, path, errOut) }()
	var up started
	wanted := false // the configuration once more
	for up.Service == nil {
		select {
		case up = <-begun:
			if up.err != nil {
				return up.err
			}
		case s := <-signals:
			if s == syscall.SIGHUP {
				wanted = true
				continue
			}
			// It may have become ready in this very moment, and then has a ledger to close.
			select {
			case up = <-begun:
				if up.err != nil {
					return up.err
				}
				select {
				case signals <- s: // which run obeys
				default: // others wait already
				}
			case <-time.After(time.Second):
				fmt.Fprintf(errOut, "popbridge: ended by a signal (%v) before it was ready\n", s)
				return nil
			}
		case <-ctx.Done():
			return nil
		}
	}
	return up.run(ctx, path, signals, wanted)
}

// started is how a service has begun.
type started struct {
	*service.Service
	cfg *configs.Config
	err error
}

func begin(ctx context.Context, path string, errOut io.Writer) started {
	cfg, problems := configs.Load(path)
	if len(problems.Errors()) > 0 {
		report(errOut, problems)
		tellFailed(errOut, fmt.Errorf("%s in the configuration, the first: %s", translate.Count(len(problems.Errors()), "mistake"), problems.Errors()[0]))
		return started{err: usageError{errReported}}
	}
	s, err := service.Start(ctx, path, cfg, problems.Warnings(), built(), errOut)
	if err != nil {
		tellFailed(errOut, err)
	}
	return started{Service: s, cfg: cfg, err: err}
}

// run obeys signals until one ends the service. wanted says that the configuration is
// to be read again; a SIGHUP that comes while it is being read has it read once more.
func (s started) run(ctx context.Context, path string, signals <-chan os.Signal, wanted bool) error {
	cfg, manager := s.cfg, manager{s.Log}
	manager.ready(s.Service, "")
	beat := manager.heartbeat()
	read := make(chan *configs.Config, 1)
	for reading := false; ; {
		if wanted && !reading {
			wanted, reading = false, true
			manager.reloading()
			running := cfg
			go func() { read <- s.Reload(path, running) }()
		}
		select {
		case now := <-read:
			manager.reloaded(s.Service, now != cfg)
			cfg, reading = now, false
		case <-beat:
			manager.feed(s.Service)
		case sig := <-signals:
			if sig != syscall.SIGHUP {
				return drain(s.Service, cfg.Limits, sig, signals)
			}
			if wanted = true; reading {
				s.Log.Warn("the configuration is still being read, and will be read once more after that; is one of the files that it names not responding?", "config", path)
			}
		case <-ctx.Done():
			return drain(s.Service, cfg.Limits, syscall.SIGTERM, signals)
		}
	}
}

// drain ends the service in good order; a second signal ends it at once.
func drain(s *service.Service, l configs.Limits, why os.Signal, signals <-chan os.Signal) error {
	s.Log.Info("stopping", "signal", why.String(), "shutdown_delay", l.ShutdownDelay.String(), "drain", l.Drain.String())
	manager{s.Log}.stopping(l.ShutdownDelay + l.Drain)
	s.Leave()
	stopped := make(chan error, 1)
	closing := time.NewTimer(l.ShutdownDelay)
	defer closing.Stop()
	for {
		select {
		case <-closing.C:
			go func() {
				ctx, cancel := context.WithTimeout(context.Background(), l.Drain)
				defer cancel()
				stopped <- s.Shutdown(ctx)
			}()
		case err := <-stopped:
			if err != nil {
				s.Log.Warn("sessions were ended before they had finished; what they had marked is not deleted")
			}
			s.Log.Info("stopped")
			return nil
		case sig := <-signals:
			if sig != syscall.SIGHUP {
				return fmt.Errorf("ended at once by a second signal (%v)", sig)
			}
		}
	}
}
