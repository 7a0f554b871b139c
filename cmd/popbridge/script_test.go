package main

import (
	"context"
	"errors"
	"os/exec"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"popbridge/proxy/ledger"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"popbridge": main})
}

// TestScripts runs what an operator types; see testdata/script.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:  "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exitcode": exitCode, "ledger": makeLedger},
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
