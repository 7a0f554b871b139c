package server

import (
	"errors"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
)

func TestExplainPort(t *testing.T) {
	taken, err := OpenPort("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, twice := OpenPort(taken.Addr().String())
	_, nowhere := OpenPort("192.0.2.1:0") // TEST-NET-1, RFC 5737
	// Who runs the tests may have the right to low ports.
	low := explainPort(&net.OpError{Op: "listen", Net: "tcp", Err: os.NewSyscallError("bind", syscall.EACCES)})
	for advice, err := range map[string]error{"ss -ltnp": twice, "ip address": nowhere, "CAP_NET_BIND_SERVICE": low} {
		if err == nil || !strings.Contains(err.Error(), advice) {
			t.Errorf("%v lacks the advice %q", err, advice)
		}
	}
	if other := errors.New("another"); explainPort(other) != other {
		t.Error("an error that nobody knows is changed")
	}
}
