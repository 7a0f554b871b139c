package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"golang.org/x/sys/windows/svc/eventlog"
	"golang.org/x/sys/windows/svc/mgr"
)

// serviceName is the name that Windows knows the service by.
const serviceName = "popbridge"

// platformCommands are commands of this system alone.
func platformCommands() []*cobra.Command {
	group := &cobra.Command{
		Use:     "service",
		Short:   "Run as a Windows service",
		Example: `  popbridge service install --config C:\ProgramData\popbridge\popbridge.yaml`,
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	install := &cobra.Command{
		Use:   "install --config FILE",
		Short: "Install the service, which starts with Windows",
		Long: `Install a service that runs this program with this configuration as LocalService when
Windows starts, and restarts it if it fails. Its log is beside the configuration. Start
it with "sc start popbridge".`,
		Example: `  popbridge service install --config C:\ProgramData\popbridge\popbridge.yaml`,
		Args:    noArguments,
	}
	path := configFlag(install)
	install.RunE = func(*cobra.Command, []string) error { return installService(*path) }
	remove := &cobra.Command{
		Use:     "remove",
		Short:   "Remove the service; configuration and state stay",
		Example: "  popbridge service remove",
		Args:    noArguments,
		RunE:    func(*cobra.Command, []string) error { return removeService() },
	}
	run := &cobra.Command{
		Use:     "run --config FILE",
		Short:   "What the service runs",
		Example: `  popbridge service run --config C:\ProgramData\popbridge\popbridge.yaml`,
		Args:    noArguments,
	}
	served := configFlag(run)
	run.RunE = func(cmd *cobra.Command, _ []string) error { return runService(cmd.Context(), *served) }
	group.AddCommand(install, remove, run)
	return []*cobra.Command{group}
}

func installService(path string) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	if path, err = filepath.Abs(path); err != nil {
		return err
	}
	manager, err := mgr.Connect()
	if err != nil {
		return fmt.Errorf("only an administrator can make a service: %w", err)
	}
	defer func() { _ = manager.Disconnect() }()
	s, err := manager.CreateService(serviceName, program, mgr.Config{
		DisplayName: "popbridge", Description: "POP3 for devices in front of IMAP",
		StartType: mgr.StartAutomatic, DelayedAutoStart: true, ServiceStartName: `NT AUTHORITY\LocalService`,
	}, "service", "run", "--config", path)
	if err != nil {
		return fmt.Errorf("making the service %s: %w", serviceName, err)
	}
	defer s.Close()
	return errors.Join(
		s.SetRecoveryActions([]mgr.RecoveryAction{{Type: mgr.ServiceRestart, Delay: restartDelay}}, recoveryPeriod),
		eventlog.InstallAsEventCreate(serviceName, eventlog.Error|eventlog.Info),
	)
}

func removeService() error {
	manager, err := mgr.Connect()
	if err != nil {
		return fmt.Errorf("only an administrator can take a service away: %w", err)
	}
	defer func() { _ = manager.Disconnect() }()
	s, err := manager.OpenService(serviceName)
	if err != nil {
		return fmt.Errorf("there is no service %s: %w", serviceName, err)
	}
	defer s.Close()
	return errors.Join(s.Delete(), eventlog.Remove(serviceName))
}
