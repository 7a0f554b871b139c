package main

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"popbridge/cmd/popbridge/internal/demo"
	"popbridge/configs"
	"popbridge/proxy/ledger"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"popbridge": main})
}

// TestScripts runs what an operator types; see testdata/script.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("GORACE", os.Getenv("GORACE"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exitcode": exitCode, "ledger": makeLedger, "mail": serveMail, "submission": serveSubmission, "shipped": putShipped},
	})
}

// exitCode is "exitcode N command…": the command has to end with N.
func exitCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exitcode N command [argument…]")
	}
	var exit *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); !errors.As(err, &exit) {
		ts.Fatalf("%v ended with %v, want exit code %s", args[1:], err, args[0])
	}
	if got := strconv.Itoa(exit.ExitCode()); got != args[0] {
		ts.Fatalf("%v ended with exit code %s, want %s", args[1:], got, args[0])
	}
}

// makeLedger is "ledger FILE": an empty one, as the service makes it at its start.
func makeLedger(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: ledger FILE")
	}
	store, err := ledger.Open(context.Background(), ledger.Options{Driver: ledger.DriverSQLite, Source: ts.MkAbs(args[0]), Serve: true})
	ts.Check(err)
	ts.Check(store.Close())
}

// serveMail is "mail NAME": an IMAP server whose address is in the variable NAME, with
// three messages for alice@example.org, whose password is wonderland.
func serveMail(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: mail NAME")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	server := demo.NewServer(demo.Options{User: demoUser, Password: demoPassword, Messages: 3})
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	ts.Defer(func() {
		_ = server.Close()
		ts.Check(<-served)
	})
	ts.Setenv(args[0], l.Addr().String())
}

// serveSubmission is "submission NAME": a server that takes mail until the script ends,
// whose host:port is in an environment variable.
func serveSubmission(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: submission NAME")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	sink := demo.NewSink(demoUser, demoPassword)
	go func() { _ = sink.Serve(l) }()
	ts.Defer(func() { _ = sink.Close() })
	ts.Setenv(args[0], l.Addr().String())
}

// putShipped is "shipped FILE": the configuration as a package installs it.
func putShipped(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: shipped FILE")
	}
	ts.Check(os.MkdirAll(filepath.Dir(ts.MkAbs(args[0])), 0o755))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(configs.Shipped), 0o640))
}
