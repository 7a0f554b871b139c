package state_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"popbridge/tests/servers"
)

// TestReadyWithoutItsFile: a service whose state.db was removed is not ready, and
// says why, until it has the file again.
func TestReadyWithoutItsFile(t *testing.T) {
	t.Parallel()
	const user = "joy@example.org"
	mail := dovecot(t, []string{user}, "")
	metrics := fmt.Sprintf("127.0.0.1:%d", servers.FreePorts(t, 1)[0])
	path := filepath.Join(t.TempDir(), "state.db")
	b := sqliteAt(path).serve(t, mail.IMAP, fmt.Sprintf("metrics: {address: %q}\n", metrics))
	login(t, b, user, "").Quit()
	ready := func() (int, string) {
		answer, err := http.Get("http://" + metrics + "/readyz")
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, string(body)
	}
	await := func(want int) string {
		for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
			status, body := ready()
			if status == want {
				return body
			}
			if time.Now().After(deadline) {
				t.Fatalf("/readyz stays %d: %s", status, body)
			}
		}
	}
	await(http.StatusOK)
	away := path + ".away"
	if err := os.Rename(path, away); err != nil {
		t.Fatal(err)
	}
	if body := await(http.StatusServiceUnavailable); !strings.Contains(body, "ledger") {
		t.Errorf("503 says %q", body)
	}
	if text := refused(t, b, user, ""); !strings.HasPrefix(text, "[SYS/TEMP] ") {
		t.Errorf("a login without the file: %q", text)
	}
	if err := os.Rename(away, path); err != nil {
		t.Fatal(err)
	}
	await(http.StatusOK)
}
