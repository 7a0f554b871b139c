package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/spf13/cobra"

	"popbridge/configs"
)

func serveCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve --config FILE",
		Short: "Run the service",
		Long: `Run the service until SIGTERM or SIGINT: the first stops accepting and lets
sessions finish for up to limits.drain, a second ends at once. SIGHUP reads the
configuration again: a file with mistakes is reported and the running configuration
stays; sessions keep the one they began with. The log goes to standard error.`,
		Example: "  popbridge serve --config /etc/popbridge/popbridge.yaml",
		Args:    noArguments,
	}
	path := configFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return serve(cmd.Context(), *path, cmd.ErrOrStderr())
	}
	return cmd
}

func serve(ctx context.Context, path string, errOut io.Writer) error {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	defer signal.Stop(signals)

	// What reads files runs beside the signals: a file that does not answer, on NFS or
	// in a FIFO, must not keep the process from being ended.
	begun := make(chan start, 1)
	go func() { begun <- begin(ctx, path, errOut) }()
	var up start
	wanted := false // the configuration once more
	for up.bridge == nil {
		select {
		case up = <-begun:
			if up.err != nil {
				return up.err
			}
		case s := <-signals:
			if s != syscall.SIGHUP {
				fmt.Fprintf(errOut, "popbridge: ended by a signal (%v) before it was ready\n", s)
				return nil
			}
			wanted = true
		case <-ctx.Done():
			return nil
		}
	}
	return up.run(ctx, path, signals, wanted)
}

// start is how a service has begun.
type start struct {
	*bridge
	cfg *configs.Config
	err error
}

func begin(ctx context.Context, path string, errOut io.Writer) start {
	cfg, problems := configs.Load(path)
	if len(problems.Errors()) > 0 {
		report(errOut, problems)
		return start{err: usageError{errReported}}
	}
	log := newLogger(cfg.Log, errOut)
	warn(log, problems.Warnings())
	if cfg.State.Driver == configs.DriverMemory {
		log.Warn(`state.driver is "memory": unique-ids, sizes and hidden messages are forgotten when this process ends`)
	}
	store, err := openState(ctx, cfg.State, log)
	if err != nil {
		return start{err: err}
	}
	b := newBridge(log, store)
	if err := b.configure(cfg); err != nil {
		b.deaf()
		_ = store.Close()
		return start{err: err}
	}
	b.keepJournal(cfg.State.JournalKeep)
	log.Info("popbridge is ready", "version", version, "commit", builtFrom(), "config", path)
	return start{bridge: b, cfg: cfg}
}

// run heeds signals until one ends the service. wanted says that the configuration is
// to be read again; a SIGHUP that comes while it is being read has it read once more.
func (s start) run(ctx context.Context, path string, signals <-chan os.Signal, wanted bool) error {
	b, cfg := s.bridge, s.cfg
	read := make(chan *configs.Config, 1)
	for reading := false; ; {
		if wanted && !reading {
			wanted, reading = false, true
			running := cfg
			go func() { read <- b.reload(path, running, b.log) }()
		}
		select {
		case cfg = <-read:
			reading = false
		case sig := <-signals:
			if sig != syscall.SIGHUP {
				return b.drain(cfg.Limits.Drain, sig, signals, b.log)
			}
			if wanted = true; reading {
				b.log.Warn("the configuration is still being read, and is read once more then; does a file that it names not answer?", "config", path)
			}
		case <-ctx.Done():
			return b.drain(cfg.Limits.Drain, syscall.SIGTERM, signals, b.log)
		}
	}
}

func warn(log hclog.Logger, warnings configs.Problems) {
	for _, p := range warnings {
		log.Warn("configuration", "problem", p.String())
	}
}

// reload gives the configuration that is in force afterwards: the new one, or
// where it has mistakes the old one.
func (b *bridge) reload(path string, running *configs.Config, log hclog.Logger) *configs.Config {
	cfg, problems := configs.Load(path)
	warn(log, problems.Warnings())
	if errs := problems.Errors(); len(errs) > 0 {
		for _, p := range errs {
			log.Error("the configuration was not reloaded", "problem", p.String())
		}
		return running
	}
	if err := b.configure(cfg); err != nil {
		log.Error("the configuration was not reloaded", "problem", err)
		return running
	}
	log.SetLevel(level(cfg.Log))
	if cfg.Log.Format != running.Log.Format || !cfg.State.Equal(running.State) {
		log.Warn("log.format and state change only when the service is started anew")
	}
	log.Info("the configuration was reloaded", "config", path)
	return cfg
}

// drain ends the service in good order; a second signal ends it at once.
func (b *bridge) drain(patience time.Duration, why os.Signal, signals <-chan os.Signal, log hclog.Logger) error {
	log.Info("stopping", "signal", why.String(), "drain", patience)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	stopped := make(chan error, 1)
	go func() { stopped <- b.shutdown(ctx, log) }()
	for {
		select {
		case err := <-stopped:
			if err != nil {
				log.Warn("sessions were ended before they had finished; what they had marked is not deleted")
			}
			log.Info("stopped")
			return nil
		case s := <-signals:
			if s != syscall.SIGHUP {
				return fmt.Errorf("ended at once by a second signal (%v)", s)
			}
		}
	}
}
