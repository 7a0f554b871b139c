package state_test

import (
	"os/exec"
	"strings"
	"testing"
	"time"

	"popbridge/tests/bridge"
)

// TestLedgerOnPostgres runs what proxy/ledger's tests leave to a server: the cases
// that it tries on SQLite and in memory, and what proxies share on a PostgreSQL.
func TestLedgerOnPostgres(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", append(bridge.Race("test"), "-count=1", "-timeout", left(t), "-v", "-tags", "postgres", "-run", "Postgres", "popbridge/proxy/ledger", "popbridge/proxy/ledger/transfer")...).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: TestPostgres (") || !strings.Contains(string(out), "--- PASS: TestPostgresHoldsACopy (") {
		t.Errorf("%v\n%s", err, out)
	}
}

// left is what remains of this test's own time, less a minute in which to say what
// has not ended: a machine that is slow with everything else is slow with these, too.
func left(t *testing.T) string {
	deadline, bounded := t.Deadline()
	if !bounded {
		return "0"
	}
	return max(time.Until(deadline)-time.Minute, time.Minute).String()
}
