package metrics

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"popbridge/proxy/ledger/progress"
)

// TestMigration: accounts are counted when the metrics are asked for, not each time,
// and the last count stands where counting fails.
func TestMigration(t *testing.T) {
	m := New("1", "c")
	asked := 0
	m.Migration(func(context.Context) ([]progress.Stage, error) {
		if asked++; asked > 1 {
			return nil, errors.New("the ledger is gone")
		}
		return []progress.Stage{{Step: "matched", Good: 12, Problems: 3}}, nil
	})
	want := `# HELP popbridge_migration_accounts Accounts that have come to a point of their migration away from old servers, ok or with a problem.
# TYPE popbridge_migration_accounts gauge
popbridge_migration_accounts{result="ok",step="matched"} 12
popbridge_migration_accounts{result="problem",step="matched"} 3
`
	for range 3 {
		if err := testutil.GatherAndCompare(m.registry, strings.NewReader(want), "popbridge_migration_accounts"); err != nil {
			t.Error(err)
		}
	}
	if asked != 1 {
		t.Errorf("accounts were counted %d times within a moment", asked)
	}
}
