package behaviour_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"popbridge/tests/bridge"
)

// TestJSONLogs: a field has one type in every line, so that what reads logs can index
// them, and a duration says its unit.
func TestJSONLogs(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "popbridge.yaml")
	config := bridge.YAML(bridge.Demo(t, 3), "none", "", "log: {format: json, level: debug}\nstate: {driver: memory}\n")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	b := bridge.Run(t, []string{"serve", "--config", path}, "wonderland")
	b.Await("popbridge is ready")
	address := regexp.MustCompile(`"address":"([^"]+)"`).FindStringSubmatch(b.Output())
	if address == nil {
		t.Fatalf("no listener:\n%s", b.Output())
	}
	c := bridge.Login(t, address[1], "alice@example.org", "wonderland")
	c.Lines("RETR 1")
	c.Quit()
	b.Await(`"session ended"`)
	types := make(map[string]string)
	for line := range strings.Lines(b.Output()) {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Errorf("no JSON: %q", line)
		}
		for name, value := range fields {
			is := fmt.Sprintf("%T", value)
			if before := types[name]; before != "" && before != is {
				t.Errorf("%s is a %s, and was a %s: %s", name, is, before, line)
			}
			types[name] = is
		}
	}
	for name, want := range map[string]string{"tls": "bool", "tls_mode": "string", "took": "string", "duration": "string", "messages": "float64"} {
		if types[name] != want {
			t.Errorf("%s is a %q, want a %s", name, types[name], want)
		}
	}
}
