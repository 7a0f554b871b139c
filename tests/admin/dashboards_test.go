package admin_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"popbridge/tests/bridge"
	"popbridge/tests/servers"
)

const deploy = "../../configs/deploy/"

// queries gives what a dashboard asks Prometheus, with Grafana's variables filled in.
func queries(t *testing.T, path string) (all []string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
		Templating struct {
			List []struct{ Name string }
		}
	}
	if err := json.Unmarshal(text, &dashboard); err != nil {
		t.Fatal(err)
	}
	fill := []string{"$__rate_interval", "5m"}
	for _, v := range dashboard.Templating.List {
		fill = append(fill, "$"+v.Name, "x")
	}
	for _, p := range dashboard.Panels {
		for _, target := range p.Targets {
			one := strings.NewReplacer(fill...).Replace(target.Expr)
			if strings.Contains(one, "$") {
				t.Errorf("panel %s asks with a variable that there is not: %s", p.Title, one)
			}
			all = append(all, one)
		}
	}
	return all
}

// TestDashboards: what the dashboard and the rules ask for is what the binary serves; the
// rules say of recorded series what they have to; and each query can be read.
func TestDashboards(t *testing.T) {
	t.Parallel()
	asked := queries(t, deploy+"grafana/popbridge.json")
	if len(asked) < 20 {
		t.Errorf("the dashboard asks %d questions", len(asked))
	}
	var record strings.Builder
	record.WriteString("groups:\n- name: dashboard\n  rules:\n")
	for i, q := range asked {
		fmt.Fprintf(&record, "  - {record: q%d, expr: %q}\n", i, q)
	}
	file := filepath.Join(t.TempDir(), "dashboard.yml")
	if err := os.WriteFile(file, []byte(record.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"check", "rules", file}, {"check", "rules", deploy + "prometheus/popbridge.rules.yml"}, {"test", "rules", deploy + "prometheus/popbridge.rules.test.yml"},
	} {
		if out, err := exec.Command("promtool", args...).CombinedOutput(); err != nil {
			t.Errorf("promtool %v: %v\n%s", args, err, out)
		}
	}

	rules, err := os.ReadFile(deploy + "prometheus/popbridge.rules.yml")
	if err != nil {
		t.Fatal(err)
	}
	certificate := servers.NewCertificate(t, t.TempDir(), "pop.example.org")
	b := bridge.Start(t, fmt.Sprintf(`listener: {pop3: {address: "127.0.0.1:0", plaintext_auth: true, certificate: %q, key: %q}}
upstream: {mail: {address: %q, tls: none}, old: {protocol: pop3, address: "127.0.0.1:1", tls: none}}
route: [{upstream: mail}]
metrics: {address: "127.0.0.1:0"}
limits: {connections_per_ip: 2}
`, certificate.Cert, certificate.Key, bridge.Demo(t, 1))+onDisk(t))
	c := bridge.Login(t, b.Address("pop3"), "alice@example.org", "wonderland")
	for i := range 3 {
		nc, err := net.Dial("tcp", b.Address("pop3"))
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		if i == 2 {
			bridge.Everything(t, nc) // it is one too many
		}
	}
	c.Quit()
	b.AwaitTimes("session ended", 1)
	address := regexp.MustCompile(`serving metrics: address=(\S+)`).FindStringSubmatch(b.Output())[1]
	got, err := http.Get("http://" + address + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	if out, err := checkMetrics(text); err != nil {
		t.Errorf("promtool does not like the metrics: %v\n%s", err, out)
	}
	served := make(map[string]bool)
	for _, m := range regexp.MustCompile(`(?m)^# TYPE (\S+) (\S+)$`).FindAllSubmatch(text, -1) {
		served[string(m[1])] = true
		if string(m[2]) == "histogram" {
			served[string(m[1])+"_bucket"] = true
		}
	}
	named := regexp.MustCompile(`\b(?:popbridge|process|go)_[a-z_]+`)
	for _, q := range append(asked, string(rules)) {
		for _, name := range named.FindAllString(q, -1) {
			if !served[name] {
				t.Errorf("%s is asked for, and not served", name)
			}
		}
	}
}

// checkMetrics has promtool read what is served, as Prometheus would.
func checkMetrics(text []byte) ([]byte, error) {
	cmd := exec.Command("promtool", "check", "metrics")
	cmd.Stdin = strings.NewReader(string(text))
	return cmd.CombinedOutput()
}
