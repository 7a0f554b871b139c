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

// demoTLSListen is where devices with TLS connect; another program may have it.
const demoTLSListen = "127.0.0.1:1995"

// demoSMTPListen is where devices send; another program may have it.
const demoSMTPListen = "127.0.0.1:1587"

// anyPort is an address at which the system chooses the port.
const anyPort = "127.0.0.1:0"

// demoOptions are the flags of demo.
type demoOptions struct {
	listen, tlsListen, imapListen string
	messages                      int
}

func demoCommand() *cobra.Command {
	var o demoOptions
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show popbridge at work, with nothing to install",
		Long: `Run an embedded IMAP server with a mailbox of realistic messages, and popbridge in front
of it. Paste the commands it prints into another terminal, and watch here what becomes
of each POP3 command. Nothing is kept; Ctrl-C ends it.`,
		Example: "  popbridge demo\n  popbridge demo --listen 127.0.0.1:2110 --messages 1000",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			return runDemo(ctx, o, cmd.OutOrStdout())
		},
	}
	cmd.Flags().StringVar(&o.listen, "listen", "127.0.0.1:1110", "where POP3 devices connect")
	cmd.Flags().StringVar(&o.tlsListen, "tls-listen", "", "where POP3 devices with TLS connect (default "+demoTLSListen+", else any free port)")
	cmd.Flags().StringVar(&o.imapListen, "imap-listen", "127.0.0.1:1143", "where the embedded IMAP server listens")
	cmd.Flags().IntVar(&o.messages, "messages", 0, "how many messages to create (0: the forty or so that come with the demo)")
	return cmd
}

func runDemo(ctx context.Context, o demoOptions, out io.Writer) error {
	if o.messages < 0 {
		return usageError{fmt.Errorf("--messages %d: a mailbox cannot hold fewer than 0 messages", o.messages)}
	}
	tlsListen, err := o.freeTLS()
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "popbridge-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	certificate, key, err := demo.Certify(folder)
	if err != nil {
		return err
	}
	il, err := service.OpenPort(o.imapListen)
	if err != nil {
		return fmt.Errorf("--imap-listen: %w", err)
	}
	mail := demo.NewServer(demo.Options{User: demoUser, Password: demoPassword, Messages: o.messages, Now: time.Now(), Log: hclog.NewNullLogger()})
	defer mail.Close()
	served := make(chan error, 1)
	go func() { served <- mail.Serve(il) }()

	log := hclog.NewInterceptLogger(&hclog.LoggerOptions{Name: "popbridge", Level: hclog.Trace, Output: io.Discard})
	store, err := service.OpenLedger(ctx, configs.State{Driver: configs.DriverMemory}, nil)
	if err != nil {
		return err
	}
	ml, err := net.Listen("tcp", anyPort)
	if err != nil {
		return err
	}
	sink := demo.NewSink(demoUser, demoPassword)
	defer sink.Close()
	go func() { _ = sink.Serve(ml) }()

	copies := service.Copies{Folder: func() (string, error) { return folder, nil }, Keys: configs.State{}.Keys}
	s := service.New(log, store, copies, built())
	cfg, err := demoConfig(demoAddresses{o.listen, tlsListen, o.freeOr(demoSMTPListen), il.Addr().String(), ml.Addr().String()}, certificate, key)
	if err == nil {
		err = s.Configure(cfg)
	}
	if err != nil {
		return fmt.Errorf("--listen: %w", err)
	}
	at := s.Addresses()
	printDemo(out, demoPlaces{at["pop3"].String(), at["pop3s"].String(), at["submission"].String(), il.Addr().String(), certificate})
	log.RegisterSink(demo.NewNarrator(out, colourful(out)))

	select {
	case <-ctx.Done():
		err = nil
	case err = <-served:
	}
	sctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = s.Shutdown(sctx) // what a session had marked dies with the demo
	return err
}

// freeTLS is where devices connect that begin with TLS.
func (o demoOptions) freeTLS() (address string, err error) {
	if o.tlsListen == "" {
		return o.freeOr(demoTLSListen), nil
	}
	l, err := net.Listen("tcp", o.tlsListen)
	if err != nil {
		return "", fmt.Errorf("--tls-listen: %w", err)
	}
	return o.tlsListen, l.Close()
}

// freeOr gives an address that nobody has asked for, where it is free, else any port.
// Whoever leaves the port for POP3 open wants none of these: demos that start at the
// same moment would take them from one another.
func (o demoOptions) freeOr(address string) string {
	if _, port, _ := net.SplitHostPort(o.listen); port == "0" {
		return anyPort
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return anyPort
	}
	_ = l.Close()
	return address
}

// demoAddresses are where devices connect, and where the servers behind are.
type demoAddresses struct{ pop3, pop3s, submission, imap, smtp string }

// demoConfig is what an operator would write for the demo.
func demoConfig(at demoAddresses, certificate, key string) (*configs.Config, error) {
	cfg, problems := configs.Parse("demo.yaml", fmt.Appendf(nil, `
listener:
  pop3:
    address: %q
    plaintext_auth: true
    certificate: %[4]q
    key: %[5]q
  pop3s:
    address: %[2]q
    tls: implicit
    certificate: %[4]q
    key: %[5]q
  submission:
    protocol: smtp
    address: %[6]q
    plaintext_auth: true
    certificate: %[4]q
    key: %[5]q
upstream:
  demo:
    address: %[3]q
    tls: none
    submission: {address: %[7]q, tls: none}
`, at.pop3, at.pop3s, at.imap, certificate, key, at.submission, at.smtp))
	return cfg, problems.Err()
}

func colourful(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && isatty.IsTerminal(f.Fd()) && os.Getenv("NO_COLOR") == ""
}

// demoPlaces are where the demo can be reached, and the certificate to trust.
type demoPlaces struct{ pop3, pop3s, submission, imap, certificate string }

func printDemo(out io.Writer, at demoPlaces) {
	fmt.Fprintf(out, `popbridge demo: a POP3 device's view of an IMAP mailbox

  POP3 (popbridge):       %[1]s, with TLS %[2]s
  SMTP (popbridge):       %[7]s
  IMAP (embedded server): %[3]s
user: %[5]s
password: %[6]s

Try this in another terminal, and watch here what becomes of it:

  # list the mailbox, read message 1
  curl -u %[5]s:%[6]s pop3://%[1]s/
  curl -u %[5]s:%[6]s pop3://%[1]s/1

  # delete message 2: DELE only marks, QUIT moves it to Trash
  curl -u %[5]s:%[6]s -IX 'DELE 2' pop3://%[1]s/

  # see the effect on the IMAP side: the first message in Trash now
  curl -u %[5]s:%[6]s 'imap://%[3]s/Trash;MAILINDEX=1'

  # with TLS; fetchmail wants the same file as sslcertfile
  curl -u %[5]s:%[6]s pop3s://%[2]s/1 \
    --cacert %[4]s

  # send: the copy lies in Sent, for every other program too
  curl -u %[5]s:%[6]s smtp://%[7]s \
    --mail-from %[5]s --mail-rcpt bob@example.org \
    -H 'Subject: A scan' -F '=Hello'

Ctrl-C ends it; nothing is kept.

`, at.pop3, at.pop3s, at.imap, at.certificate, demoUser, demoPassword, at.submission)
}
