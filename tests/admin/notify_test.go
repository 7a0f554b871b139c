package admin_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"popbridge/tests/bridge"
	"popbridge/tests/servers"
)

// news is what a webhook gets.
type news struct {
	ID, Kind, Account, Device, Upstream, Text, Proxy string
}

// webhook is one that answers with a status until it is told otherwise.
func webhook(t *testing.T, status func() int) (address string, got <-chan news) {
	t.Helper()
	came := make(chan news, 100)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var n news
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = json.Unmarshal(body, &n)
		}
		if err != nil || r.Header.Get("Webhook-Id") != n.ID || !strings.HasPrefix(r.Header.Get("Webhook-Signature"), "v1,") {
			t.Errorf("a message is %s, %v, with %v", body, err, r.Header)
		}
		if code := status(); code != 0 {
			w.WriteHeader(code)
			return
		}
		came <- n
	}))
	t.Cleanup(server.Close)
	return server.URL, came
}

// TestAlarms: two proxies share a ledger; one of them is killed right after a device has
// logged in there. That the device stays away is told once all the same, although the
// webhook does not take it at first, and so is that it is back.
func TestAlarms(t *testing.T) {
	t.Parallel()
	mail := dovecot(t)
	database := servers.StartPostgres(t)
	refused := make(chan struct{}, 100)
	address, got := webhook(t, func() int {
		select {
		case refused <- struct{}{}:
			if len(refused) < 2 {
				return http.StatusServiceUnavailable
			}
		default:
		}
		return 0
	})
	signing := filepath.Join(t.TempDir(), "signing")
	if err := os.WriteFile(signing, []byte("0123456789abcdef0123456789abcdef\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	config := bridge.YAML(mail.IMAP, "none", "", bridge.State("postgres", database.DSN)+separator+patientLimits+
		"route: [{device: panel, expect: 2s}, {}]\nnotify: {webhook: \""+address+"\", secret_file: "+signing+"}\n")
	start := func() *bridge.Bridge {
		return bridge.Start(t, config, secret, otherSecret, database.Password, "0123456789abcdef")
	}
	one, other := start(), start()
	bridge.Login(t, other.Address("pop3"), owner+"+laptop", secret).Quit()
	bridge.Login(t, one.Address("pop3"), owner+"+panel", secret).Quit()
	one.Kill()
	next := func(kind string) news {
		t.Helper()
		select {
		case n := <-got:
			if n.Kind != kind || n.Account != owner || n.Device != "panel" || n.Upstream != "mail" || n.Text == "" {
				t.Errorf("what was told is %+v, want %s", n, kind)
			}
			return n
		case <-time.After(2 * time.Minute):
			t.Fatalf("%s was never told:\n%s", kind, other.Output())
			return news{}
		}
	}
	overdue := next("device_overdue")
	if len(refused) < 2 {
		t.Error("the webhook has refused nothing")
	}
	bridge.Has(t, other.Command(0, "account", "show", owner), "OVERDUE SINCE")
	bridge.Login(t, other.Address("pop3"), owner+"+panel", secret).Quit()
	if back := next("device_back"); back.ID == overdue.ID {
		t.Error("both have one ID")
	}
	select {
	case n := <-got:
		t.Errorf("%+v was told too", n)
	default:
	}
}
