package alarms

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
	"popbridge/proxy/ledger"
	"popbridge/proxy/ledger/notices"
)

// receiver is a webhook.
type receiver struct {
	testing.TB
	mu      sync.Mutex
	status  int
	refused int
	got     []Message
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	body, err := io.ReadAll(q.Body)
	var m Message
	if err == nil {
		err = json.Unmarshal(body, &m)
	}
	h := q.Header
	if want := "v1," + Sign([]byte(webhookSecret), m.ID, h.Get("Webhook-Timestamp"), body); err != nil || h.Get("Webhook-Signature") != want || h.Get("Webhook-Id") != m.ID {
		r.Errorf("a message is %s, %v, signed %q", body, err, h.Get("Webhook-Signature"))
	}
	if _, err := strconv.ParseInt(h.Get("Webhook-Timestamp"), 10, 64); err != nil || h.Get("Content-Type") != "application/json" || h.Get("User-Agent") != "popbridge/1.2.3" {
		r.Errorf("its header is %v", h)
	}
	if r.status != 0 {
		r.refused++
		w.Header().Set("Location", "http://127.0.0.1:1/")
		w.WriteHeader(r.status)
		return
	}
	r.got = append(r.got, m)
	w.WriteHeader(http.StatusAccepted)
}

// answers sets what it answers from now on; 0: it takes all.
func (r *receiver) answers(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

// told is what has come since, as kind and subject.
func (r *receiver) told(want ...string) []Message {
	r.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	got, all := r.got, []string{}
	for _, m := range got {
		all = append(all, strings.Join(words(string(m.Kind), m.Account, m.Device, m.Upstream, m.What), " "))
	}
	r.got = nil
	if strings.Join(all, "\n") != strings.Join(want, "\n") {
		r.Errorf("operators were told\n%s\nwant\n%s", strings.Join(all, "\n"), strings.Join(want, "\n"))
	}
	return got
}

const webhookSecret = "what nobody but its receiver knows"

// told has a site tell a receiver.
func told(t testing.TB) (*site, *receiver) {
	t.Helper()
	s := stage(t, ledger.Options{Driver: ledger.DriverMemory})
	r := &receiver{TB: t}
	at := httptest.NewServer(r)
	t.Cleanup(at.Close)
	cfg := parse(t, config+fmt.Sprintf("notify: {webhook: %q, secret: %q}\nadmin: {address: \"127.0.0.1:0\", password: \"long enough for all\", url: \"https://popbridge.example.org/\"}\n", at.URL+"/secret-path", webhookSecret))
	s.Config = func() *configs.Config { return cfg }
	s.store.Notices.Want(true, cfg.Notify.MinInterval)
	s.messenger = &Messenger{
		Log: hclog.New(&hclog.LoggerOptions{Level: hclog.Trace, Output: quiet{t}}), Config: s.Config, Notices: s.store.Notices, Proxy: "one", Version: "1.2.3",
		Ping: func(context.Context) error { return nil }, Expiring: func(*configs.Config) []Expiring { return nil }, Now: s.Watchman.Now,
	}
	s.messenger.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return s, r
}

// quiet is a log that holds no secret.
type quiet struct{ testing.TB }

func (q quiet) Write(p []byte) (int, error) {
	for _, secret := range []string{webhookSecret, "secret-path"} {
		if strings.Contains(string(p), secret) {
			q.Errorf("the log has %s", p)
		}
	}
	return len(p), nil
}

// A device that is overdue is told of once, and so is its return.
func TestOperatorsAreToldOfDevices(t *testing.T) {
	s, r := told(t)
	s.comes(alice, panel, hourly)
	s.until(time.Hour)
	r.told()
	s.until(3 * time.Hour)
	m := r.told("device_overdue alice@example.org panel mail")[0]
	if m.Expect != "1h0m0s" || m.Since.IsZero() || m.Times != 1 || m.Proxy != "one" || m.URL != "https://popbridge.example.org/" || m.Ends != "" ||
		!strings.HasPrefix(m.Text, "device panel of alice@example.org is overdue: it last logged in at 20") {
		t.Errorf("it is %+v", m)
	}
	s.comes(alice, panel, hourly)
	s.until(3*time.Hour + 30*time.Minute)
	if m := r.told("device_back alice@example.org panel mail")[0]; m.Ends != notices.DeviceOverdue {
		t.Errorf("it is %+v", m)
	}
}

// What a receiver does not take is tried again until it does, less and less often, also if
// it is away for ten minutes; what is over by then is told all the same.
func TestWhatIsNotTakenIsTriedAgain(t *testing.T) {
	for _, status := range []int{http.StatusServiceUnavailable, http.StatusNotFound, http.StatusFound} {
		s, r := told(t)
		s.comes(alice, panel, hourly)
		r.answers(status)
		s.until(70 * time.Minute)
		s.comes(alice, panel, hourly)
		s.until(72 * time.Minute)
		r.told()
		if r.refused < 4 || r.refused > 20 {
			t.Errorf("%d: it was tried %d times in ten minutes", status, r.refused)
		}
		r.answers(0)
		s.until(80 * time.Minute)
		list := r.told("device_overdue alice@example.org panel mail", "device_back alice@example.org panel mail")
		if len(list) == 2 && (list[0].ID == list[1].ID || !list[0].At.Before(list[1].At)) {
			t.Errorf("they are %+v", list)
		}
	}
}

// An upstream is told of when it was away for five minutes, and when it is back; what is
// shorter is no news.
func TestOperatorsAreToldOfUpstreams(t *testing.T) {
	s, r := told(t)
	away := func(for_ time.Duration) {
		s.down["other"] = true
		s.health.Looked("other", errors.New("refused"))
		s.Health = s.later(s.at)
		s.until(s.at + for_)
		s.down["other"] = false
		s.until(s.at + 2*time.Minute)
	}
	away(4 * time.Minute)
	r.told()
	away(6 * time.Minute)
	list := r.told("upstream_away other", "upstream_back other")
	if len(list) == 2 && !strings.Contains(list[1].Text, "upstream other is back: it was away since ") {
		t.Errorf("%q", list[1].Text)
	}
}

// What happens again within min_interval is counted, and told when that is over. What was
// over before that is not told.
func TestMinInterval(t *testing.T) {
	s, r := told(t)
	quit := notices.News{Kind: notices.QUITUnconfirmed, Subject: "x", Facts: notices.Facts{Account: alice, Device: "<!channel>\n", Upstream: "mail", Cause: "it went away"}}
	for range 3 {
		s.messenger.Tell(quit)
		s.until(s.at + time.Minute)
	}
	if m := r.told("quit_unconfirmed alice@example.org <!channel>\n mail")[0]; strings.ContainsAny(m.Text, "<>\n") || m.Times != 1 {
		t.Errorf("it is %+v", m)
	}
	s.until(s.at + 50*time.Minute)
	r.told()
	s.until(s.at + 15*time.Minute)
	if m := r.told("quit_unconfirmed alice@example.org <!channel>\n mail")[0]; m.Times != 2 || !strings.Contains(m.Text, "(2 times since ") {
		t.Errorf("it is %+v", m)
	}
	s.until(s.at + 3*time.Hour)
	r.told()

	keep := func(k notices.Kind) {
		t.Helper()
		if err := s.store.Notices.Keep(t.Context(), notices.News{Kind: k, Subject: "y", Facts: notices.Facts{Account: "y"}}); err != nil {
			t.Fatal(err)
		}
		s.until(s.at + time.Minute)
	}
	keep(notices.DeviceOverdue)
	keep(notices.DeviceBack)
	r.told("device_overdue y", "device_back y")
	keep(notices.DeviceOverdue)
	keep(notices.DeviceBack)
	s.until(s.at + 3*time.Hour)
	r.told()
	keep(notices.DeviceOverdue)
	r.told("device_overdue y")
}

// What ends within two weeks is told of once a day, by which certificate it is.
func TestOperatorsAreToldOfWhatExpires(t *testing.T) {
	s, r := told(t)
	ends := s.began.Add(15*24*time.Hour + 30*time.Minute)
	s.messenger.Expiring = func(*configs.Config) []Expiring {
		return []Expiring{{"listener pop3s", ends}, {"listener pop3", ends.AddDate(1, 0, 0)}}
	}
	s.until(time.Minute)
	r.told()
	s.at = 24*time.Hour + 29*time.Minute
	s.until(s.at + 62*time.Minute)
	r.told("expiring listener pop3s")
	s.until(s.at + 20*time.Hour)
	r.told()
	s.until(s.at + 5*time.Hour)
	r.told("expiring listener pop3s")
}

// A ledger that fails is told of past the ledger, after a minute, and its return.
func TestOperatorsAreToldOfTheLedger(t *testing.T) {
	s, r := told(t)
	full := errors.New("the disk is full")
	s.messenger.Ping = func(context.Context) error { return full }
	s.until(time.Minute)
	r.told()
	r.answers(http.StatusBadGateway)
	s.until(3 * time.Minute)
	r.answers(0)
	s.until(4 * time.Minute)
	if m := r.told("ledger_failing")[0]; !strings.Contains(m.Text, "the disk is full") {
		t.Errorf("%q", m.Text)
	}
	s.until(10 * time.Minute)
	r.told()
	full = nil
	s.until(11 * time.Minute)
	if m := r.told("ledger_back")[0]; m.Ends != notices.LedgerFailing {
		t.Errorf("it is %+v", m)
	}
}

// There are words for every kind.
func TestWords(t *testing.T) {
	for _, k := range notices.Kinds() {
		if line := text(notices.Notice{Kind: k, Times: 1}); line == string(k) || !strings.Contains(line, " ") {
			t.Errorf("%s is %q", k, line)
		}
	}
}

// words are those that are not empty.
func words(all ...string) []string {
	return slices.DeleteFunc(all, func(w string) bool { return w == "" })
}
