package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"popbridge/cmd/popbridge/internal/demo"
	"popbridge/cmd/popbridge/internal/service"
	"popbridge/configs"
)

// demoUser and demoPassword open the demo's mailbox; it listens on loopback.
const (
	demoUser     = "alice@example.org"
	demoPassword = "wonderland"
)

// demoOptions are the flags of demo.
type demoOptions struct {
	listen, imapListen string
	messages           int
}

func demoCommand() *cobra.Command {
	var o demoOptions
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show popbridge at work, with nothing to install",
		Long: `Run an embedded IMAP server with a mailbox of realistic messages, and popbridge in
front of it. Paste the commands that it prints into another terminal and watch here
what each POP3 command becomes. Nothing is kept; Ctrl-C ends it.`,
		Example: "  popbridge demo\n  popbridge demo --listen 127.0.0.1:2110 --messages 1000",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			return runDemo(ctx, o, cmd.OutOrStdout())
		},
	}
	cmd.Flags().StringVar(&o.listen, "listen", "127.0.0.1:1110", "where POP3 devices connect")
	cmd.Flags().StringVar(&o.imapListen, "imap-listen", "127.0.0.1:1143", "where the embedded IMAP server listens")
	cmd.Flags().IntVar(&o.messages, "messages", 0, "fill this many messages (0: the forty or so that were written for it)")
	return cmd
}

func runDemo(ctx context.Context, o demoOptions, out io.Writer) error {
	if o.messages < 0 {
		return usageError{fmt.Errorf("--messages %d: a mailbox cannot hold fewer than 0 messages", o.messages)}
	}
	il, err := net.Listen("tcp", o.imapListen)
	if err != nil {
		return fmt.Errorf("--imap-listen: %w", err)
	}
	mail := demo.NewServer(demo.Options{User: demoUser, Password: demoPassword, Messages: o.messages, Now: time.Now(), Log: hclog.NewNullLogger()})
	served := make(chan error, 1)
	go func() { served <- mail.Serve(il) }()

	log := hclog.NewInterceptLogger(&hclog.LoggerOptions{Name: "popbridge", Level: hclog.Trace, Output: io.Discard})
	store, err := service.OpenLedger(ctx, configs.State{Driver: configs.DriverMemory}, nil)
	if err != nil {
		_ = mail.Close()
		return err
	}
	s := service.New(log, store, built())
	cfg, err := demoConfig(o.listen, il.Addr().String())
	if err == nil {
		err = s.Configure(cfg)
	}
	if err != nil {
		_ = mail.Close()
		return fmt.Errorf("--listen: %w", err)
	}
	printDemo(out, s.Addresses()["pop3"].String(), il.Addr().String())
	log.RegisterSink(demo.NewNarrator(out, colourful(out)))

	select {
	case <-ctx.Done():
		err = nil
	case err = <-served:
	}
	sctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = s.Shutdown(sctx) // what a session had marked dies with the demo
	_ = mail.Close()
	return err
}

// demoConfig is what an operator would write for the demo.
func demoConfig(listen, imap string) (*configs.Config, error) {
	cfg, problems := configs.Parse("demo.yaml", fmt.Appendf(nil, `
listener:
  pop3:
    address: %q
    plaintext_auth: true
upstream:
  demo:
    address: %q
    tls: none
`, listen, imap))
	return cfg, problems.Err()
}

func colourful(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && isatty.IsTerminal(f.Fd()) && os.Getenv("NO_COLOR") == ""
}

func printDemo(out io.Writer, pop3, imap string) {
	fmt.Fprintf(out, `popbridge demo: a POP3 device's view of an IMAP mailbox

  POP3 (popbridge):       %[1]s
  IMAP (embedded server): %[2]s
user: %[3]s
password: %[4]s

Try this in another terminal, and watch here what becomes of it:

  # list the mailbox, read message 1
  curl --user %[3]s:%[4]s pop3://%[1]s/
  curl --user %[3]s:%[4]s pop3://%[1]s/1

  # delete message 2: DELE only marks, QUIT moves it to Trash
  curl --user %[3]s:%[4]s --head --request 'DELE 2' pop3://%[1]s/

  # see the effect on the IMAP side: the first message in Trash now
  curl --user %[3]s:%[4]s 'imap://%[2]s/Trash;MAILINDEX=1;SECTION=HEADER.FIELDS%%20(SUBJECT)'

Ctrl-C ends it; nothing is kept.

`, pop3, imap, demoUser, demoPassword)
}
