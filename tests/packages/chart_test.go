package packages

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"popbridge/tests/bridge"
)

const named = `
database: {secretName: db}
config: {upstream: {mail: {address: "imap.example.org:993"}}}
`

// at follows names and numbers into an object.
func at(t *testing.T, object any, path ...any) any {
	t.Helper()
	for _, step := range path {
		switch step := step.(type) {
		case string:
			inner, ok := object.(map[string]any)
			if !ok || inner[step] == nil {
				t.Fatalf("no %q of %v in %v", step, path, object)
			}
			object = inner[step]
		case int:
			object = object.([]any)[step]
		}
	}
	return object
}

// TestChart: the objects fit together, and popbridge takes the configuration.
func TestChart(t *testing.T) {
	t.Parallel()
	objects, err := render(t, named+`
proxyProtocol: {networks: ["192.0.2.10"]}
secrets: [tls]
service: {annotations: {a: b}}
`)
	if err != nil {
		t.Fatal(err)
	}
	deployment, service, budget := objects["Deployment"], objects["Service"], objects["PodDisruptionBudget"]
	labels := fmt.Sprint(at(t, deployment, "spec", "selector", "matchLabels"))
	for name, selector := range map[string]any{"service": at(t, service, "spec", "selector"), "budget": at(t, budget, "spec", "selector", "matchLabels")} {
		if fmt.Sprint(selector) != labels {
			t.Errorf("the %s selects %v, the deployment has %v", name, selector, labels)
		}
	}
	pod := at(t, deployment, "spec", "template", "spec")
	container := at(t, pod, "containers", 0)
	for path, want := range map[string]any{
		"livenessProbe": "/healthz", "readinessProbe": "/readyz", "startupProbe": "/readyz",
	} {
		if got := at(t, container, path, "httpGet", "path"); got != want {
			t.Errorf("%s asks %v", path, got)
		}
	}
	for _, c := range []struct {
		got  any
		want string
	}{
		{at(t, container, "image"), "popbridge:0.1.0"},
		{at(t, container, "ports"), "[map[containerPort:1110 name:pop3] map[containerPort:9110 name:metrics]]"},
		{at(t, container, "env", 0, "valueFrom", "secretKeyRef"), "map[key:source name:db]"},
		{at(t, service, "spec", "ports"), "[map[name:pop3 port:110 targetPort:pop3]]"},
		{at(t, budget, "spec", "minAvailable"), "1"},
		{at(t, container, "volumeMounts", 1, "mountPath"), "/etc/popbridge/secrets/tls"},
		{at(t, pod, "volumes", 1, "secret", "secretName"), "tls"},
	} {
		if fmt.Sprint(c.got) != c.want {
			t.Errorf("got %v, want %s", c.got, c.want)
		}
	}
	config := at(t, objects["ConfigMap"], "data", "popbridge.yaml").(string)
	parsed := parse(t, []byte(config))
	if got := fmt.Sprintf("%v %v %v", at(t, parsed, "listener", "pop3", "proxy_protocol"), at(t, parsed, "state", "driver"), at(t, parsed, "metrics", "address")); got != "[192.0.2.10] postgres :9110" {
		t.Errorf("the configuration has %s", got)
	}
	takes(t, config)
}

// takes has popbridge check a configuration for PostgreSQL.
func takes(t *testing.T, config string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "popbridge.yaml")
	config = strings.TrimSuffix(config, "\n") + "\n"
	var tree map[string]any
	if err := yaml.Unmarshal([]byte(config), &tree); err != nil {
		t.Fatal(err)
	}
	// What the environment gives there stands in the file here.
	tree["state"].(map[string]any)["source"] = "postgres://popbridge@127.0.0.1/popbridge"
	text, err := yaml.Marshal(tree)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	b := bridge.Run(t, []string{"check", "--config", path})
	if code := b.Wait(); code != 0 || !strings.Contains(b.Output(), ": no mistakes") {
		t.Errorf("exit code %d: %s", code, b.Output())
	}
}

// TestChartSaysWhatIsMissing: neither the database nor a listener is guessed.
func TestChartSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	for more, want := range map[string]string{
		`config: {upstream: {mail: {address: "imap.example.org:993"}}}`: "database.secretName is empty",
		named + "service: {ports: {pop3s: 995}}\n":                      "service.ports has pop3s, and config.listener has none of that name",
		"database: {secretName: db}\n":                                  "config.upstream.mail.address is empty",
	} {
		if _, err := render(t, more); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", more, err, want)
		}
	}
}

// TestCompose: what the two containers say of each other agrees, and popbridge takes
// the file beside them but for the address.
func TestCompose(t *testing.T) {
	t.Parallel()
	const folder = top + "/configs/deploy/compose"
	services := at(t, load(t, folder+"/compose.yaml"), "services")
	source := at(t, services, "popbridge", "environment", "POPBRIDGE_STATE_SOURCE").(string)
	database := at(t, services, "database", "environment")
	password := at(t, database, "POSTGRES_PASSWORD").(string)
	if want := fmt.Sprintf("postgres://%s:%s@database/%s", at(t, database, "POSTGRES_USER"), password, at(t, database, "POSTGRES_DB")); source != want {
		t.Errorf("the state is at %s, the database at %s", source, want)
	}
	build := at(t, services, "popbridge", "build")
	if _, err := os.Stat(filepath.Join(folder, at(t, build, "context").(string), at(t, build, "dockerfile").(string))); err != nil {
		t.Error(err)
	}
	text, err := os.ReadFile(folder + "/popbridge.yaml")
	if err != nil {
		t.Fatal(err)
	}
	takes(t, strings.Replace(string(text), `address: ""`, `address: "imap.example.org:993"`, 1))
}
