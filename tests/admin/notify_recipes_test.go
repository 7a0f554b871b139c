package admin_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"text/template"
	"time"

	"popbridge/tests/bridge"
)

// recipe gives what docs/alarms.md says below a heading.
func recipe(t *testing.T, heading string) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/alarms.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "\n### "+heading+"\n")
	if !found {
		t.Fatalf("docs/alarms.md has no %s", heading)
	}
	body, _, _ := strings.Cut(rest, "\n### ")
	return body
}

// received is one request that a service for people gets.
type received struct {
	url  *url.URL
	kind string // Content-Type
	body []byte
}

// tellsOf starts a popbridge of whose upstreams one has a client secret that ends in three
// days, with a notify block, and gives the request in which it tells of that.
func tellsOf(t *testing.T, notify func(root string) string) received {
	t.Helper()
	got := make(chan received, 10)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Method != http.MethodPost {
			t.Errorf("it is a %s: %v", r.Method, err)
		}
		got <- received{r.URL, r.Header.Get("Content-Type"), body}
	}))
	t.Cleanup(server.Close)
	soon := time.Now().Add(3 * 24 * time.Hour).Format(time.DateOnly)
	b := bridge.Start(t, bridge.YAML("127.0.0.1:1", "none", "", fmt.Sprintf(`  cloud: {address: "127.0.0.1:1", tls: none, auth: oauth2, oauth2: {flow: client_credentials, token_url: "http://127.0.0.1:1/token", client_id: x, client_secret: unused, client_secret_expires: %q, scopes: [imap]}}
route: [{user: "*@cloud.example.org", upstream: cloud, login: device}, {upstream: mail}]
`, soon)+strings.Replace(onDisk(t), "state:\n", "state:\n  secrets_key: "+secretsKey+"\n", 1)+"notify: {"+notify(server.URL)+"}\n"), secretsKey)
	select {
	case r := <-got:
		return r
	case <-time.After(2 * time.Minute):
		t.Fatalf("nothing was told:\n%s", b.Output())
		return received{}
	}
}

var (
	webhookOf = regexp.MustCompile(`webhook = "([^"]+)"`)
	shellOf   = regexp.MustCompile("(?s)```sh\n(.*?)\n```")
)

// TestNtfy: with the address of docs/alarms.md ntfy makes a notification for people: it
// fills in the templates of title and message from the JSON (tpl=1), takes at most 4,096
// octets of message, and a token as base64 for URLs without padding.
func TestNtfy(t *testing.T) {
	t.Parallel()
	documented := recipe(t, "ntfy")
	found := webhookOf.FindStringSubmatch(documented)
	shell := shellOf.FindStringSubmatch(documented)
	if found == nil || shell == nil {
		t.Fatalf("the recipe is %s", documented)
	}
	const token = "tk_AgQdq7mVBoFD37zQVN29RhuMzNIz"
	auth, err := exec.Command("sh", "-c", strings.Replace(shell[1], "TOKEN", token, 1)).Output()
	if err != nil {
		t.Fatal(err)
	}
	r := tellsOf(t, func(root string) string {
		at := strings.Replace(found[1], "https://ntfy.example.org", root, 1) + "&auth=" + string(auth)
		return fmt.Sprintf("webhook_file: %q", put(t, "ntfy", at))
	})
	query := r.url.Query()
	if r.url.Path != "/popbridge" || query.Get("tpl") != "1" {
		t.Errorf("it is posted to %s", r.url)
	}
	if plain, err := base64.RawURLEncoding.DecodeString(query.Get("auth")); err != nil || string(plain) != "Bearer "+token {
		t.Errorf("the token is %q, %v", plain, err)
	}
	var told map[string]any
	if err := json.Unmarshal(r.body, &told); err != nil {
		t.Fatalf("%v in %s", err, r.body)
	}
	filled := func(name string) string {
		t.Helper()
		tpl, err := template.New(name).Option("missingkey=error").Parse(query.Get(name))
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		if err := tpl.Execute(&out, told); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	if title := filled("title"); title != "popbridge: expiring" {
		t.Errorf("the title is %q", title)
	}
	if text := filled("message"); !strings.Contains(text, "client secret of upstream cloud") || len(text) > 4096 {
		t.Errorf("the message is %q", text)
	}
}

// TestSlack: an incoming webhook of Slack or Mattermost wants a JSON object with text, and
// says no without (no_text, invalid_payload). Its address is read from a file.
func TestSlack(t *testing.T) {
	t.Parallel()
	if documented := recipe(t, "Slack and Mattermost"); !strings.Contains(documented, `notify { webhook_file = "/etc/popbridge/slack-webhook" }`) {
		t.Fatalf("the recipe is %s", documented)
	}
	r := tellsOf(t, func(root string) string {
		return fmt.Sprintf("webhook_file: %q", put(t, "slack-webhook", root+"/services/T000/B000/XXXX\n"))
	})
	var told struct{ Text string }
	if err := json.Unmarshal(r.body, &told); err != nil || r.kind != "application/json" || r.url.String() != "/services/T000/B000/XXXX" {
		t.Errorf("%v, of type %s, is posted to %s: %s", err, r.kind, r.url, r.body)
	}
	if !strings.Contains(told.Text, "client secret of upstream cloud") {
		t.Errorf("people read %q", told.Text)
	}
}

// put writes a file that nobody else reads.
func put(t *testing.T, name, text string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
