package service

import (
	"context"
	"io"
	"time"

	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
)

// Start runs a service with a configuration that was read from a file.
func Start(ctx context.Context, path string, cfg *configs.Config, warnings configs.Problems, build Build, errOut io.Writer) (*Service, error) {
	log := newLogger(cfg.Log, errOut)
	warn(log, warnings)
	if cfg.State.Driver == configs.DriverMemory {
		log.Warn(`state.driver is "memory": unique-ids, sizes and hidden messages are forgotten when this process ends`)
	}
	store, err := OpenLedger(ctx, cfg.State, log)
	if err != nil {
		return nil, err
	}
	s := New(log, store, CopiesOf(cfg.State), build)
	if err := s.configure(s.read(path, cfg, warnings)); err != nil {
		s.stopWatch()
		_ = store.Close()
		return nil, err
	}
	// What is older leaves the journal, now and once a day; 0 days keep all of it.
	if days := cfg.State.JournalKeep; days > 0 {
		s.watching.Go(func() { store.KeepJournal(s.watch, time.Duration(days)*24*time.Hour) })
	}
	s.watching.Go(func() { store.KeepPages(s.watch) })
	s.watching.Go(func() { keepHeap(s.watch) })
	s.watching.Go(func() { keepProcessors(s.watch) })
	log.Info("popbridge is ready", "version", build.Version, "commit", build.Commit, "config", path)
	return s, nil
}

func warn(log hclog.Logger, warnings configs.Problems) {
	for _, p := range warnings {
		log.Warn("configuration", "problem", p.String())
	}
}

// Reload gives the configuration that is in force afterwards: the new one, or
// where it has mistakes the old one.
func (s *Service) Reload(path string, running *configs.Config) *configs.Config {
	s.trail.Reopen() // whatever the configuration is like: the file may have been rotated
	cfg, problems := configs.Load(path)
	warn(s.Log, problems.Warnings())
	if errs := problems.Errors(); len(errs) > 0 {
		s.refuse(errs)
		for _, p := range errs {
			s.Log.Error("the configuration was not reloaded", "problem", p.String())
		}
		return running
	}
	if err := s.configure(s.read(path, cfg, problems.Warnings())); err != nil {
		s.refuse(configs.Problems{{File: path, Text: err.Error()}})
		s.Log.Error("the configuration was not reloaded", "problem", err)
		return running
	}
	s.Log.SetLevel(level(cfg.Log))
	if cfg.Log.Format != running.Log.Format || !cfg.State.Equal(running.State) {
		s.Log.Warn("changes to log.format and state take effect only after a restart of the service")
	}
	s.Log.Info("the configuration was reloaded", "config", path)
	return cfg
}

// read is a configuration with where its values come from.
func (s *Service) read(path string, cfg *configs.Config, warnings configs.Problems) *inForce {
	settings, _ := configs.Show(path) // it has just been read without mistakes
	return &inForce{config: cfg, path: path, loaded: time.Now(), settings: settings, warnings: warnings}
}

// refuse notes the mistakes of a configuration that did not come into force.
func (s *Service) refuse(mistakes configs.Problems) {
	now := *s.current.Load()
	now.refused, now.mistakes = time.Now(), mistakes
	s.counts.Loaded(false, now.refused)
	s.current.Store(&now)
}
