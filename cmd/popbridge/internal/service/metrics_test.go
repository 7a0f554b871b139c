package service

import (
	"context"
	"io"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/upstream/imapbox"
	"popbridge/translate"
)

const (
	sayUser = "USER " + demoUser
	sayPass = "PASS " + demoPassword
)

func TestCountsAreOfWhatHappened(t *testing.T) {
	o := observe(t)
	o.expect(o.series(), map[string]float64{
		"sessions_ended_total{listener=pop3,result=quit failed}":                                                    0,
		"logins_total{code=SYS/PERM,listener=pop3,upstream=demo}":                                                   0,
		"upstream_dials_failed_total{upstream=demo}":                                                                0,
		"upstream_copies_settled_total{outcome=found,upstream=demo}":                                                0,
		"ledger_errors_total{operation=record}":                                                                     0,
		"sessions{listener=pop3,state=authorization}":                                                               0,
		"messages_deleted_total{action=expunge}":                                                                    0,
		"build_info{commit=" + build.Commit + ",goversion=" + runtime.Version() + ",version=" + build.Version + "}": 1,
	})
	octets := o.talk(sayUser, "PASS wrong", sayUser, sayPass, "UIDL", "RETR 20", "RETR 21", "RETR 22", "RETR 23", "TOP 9 0",
		"RETR 999", "DELE 1", "DELE 2", "XYZZY", "PASS again", "QUIT")
	o.settled()
	octets += o.talk(sayUser, sayPass, "STAT", "QUIT")
	o.settled()
	o.talk(sayUser, sayPass, "DELE 1") // no QUIT
	got := o.settled()
	o.expect(got, map[string]float64{
		"sessions{listener=pop3,state=authorization}":                   0,
		"sessions{listener=pop3,state=transaction}":                     0,
		"sessions{listener=pop3,state=update}":                          0,
		"sessions_ended_total{listener=pop3,result=quit}":               2,
		"sessions_ended_total{listener=pop3,result=no QUIT}":            1,
		"logins_total{code=OK,listener=pop3,upstream=demo}":             3,
		"logins_total{code=AUTH,listener=pop3,upstream=demo}":           1,
		"login_duration_seconds{result=ok,upstream=demo}":               3,
		"login_duration_seconds{result=refused,upstream=demo}":          1,
		"commands_total{command=USER,result=ok}":                        4,
		"commands_total{command=PASS,result=ok}":                        3,
		"commands_total{command=PASS,result=refused}":                   2,
		"commands_total{command=RETR,result=ok}":                        4,
		"commands_total{command=RETR,result=refused}":                   1,
		"commands_total{command=TOP,result=ok}":                         1,
		"commands_total{command=UIDL,result=ok}":                        1,
		"commands_total{command=DELE,result=ok}":                        3,
		"commands_total{command=QUIT,result=ok}":                        2,
		"commands_total{command=other,result=refused}":                  1,
		"command_duration_seconds{command=RETR}":                        5,
		"command_duration_seconds{command=NOOP}":                        0,
		"message_octets_total{listener=pop3}":                           octets,
		"messages_retrieved_total{listener=pop3}":                       4,
		"messages_deleted_total{action=trash}":                          2,
		"messages_deleted_total{action=hide}":                           0,
		"upstream_connections{upstream=demo}":                           1,
		"upstream_connections_parked{upstream=demo}":                    1,
		"upstream_logins_total{upstream=demo}":                          1,
		"upstream_reuses_total{upstream=demo}":                          2,
		"upstream_dials_failed_total{upstream=demo}":                    0,
		"upstream_listings_total{kind=full,upstream=demo}":              1,
		"upstream_listings_total{kind=changed,upstream=demo}":           1,
		"upstream_listings_total{kind=avoided,upstream=demo}":           1,
		"upstream_copies_settled_total{outcome=repeated,upstream=demo}": 0,
		"prefetch_messages_total{outcome=hit,upstream=demo}":            2, // 22 and 23
		"prefetch_octets{upstream=demo}":                                0,
		"ledger_operation_duration_seconds{operation=open}":             3,
		"ledger_operation_duration_seconds{operation=intend}":           1,
		"ledger_operation_duration_seconds{operation=close}":            3,
		"ledger_errors_total{operation=open}":                           0,
	})
	if got["popbridge_prefetch_messages_total{outcome=wasted,upstream=demo}"] == 0 {
		t.Error("what TOP gave up of the messages behind 23 is not counted")
	}
	for key := range got {
		if strings.Contains(key, "alice") || strings.Contains(key, "XYZZY") {
			t.Errorf("%s tells of an account, or of what a device sent", key)
		}
	}
	// The wire's own record, as a witness.
	sent := slices.DeleteFunc(o.log.sent(), func(name string) bool { return name == "CAPABILITY" || name == "LOGOUT" })
	if n := got["popbridge_upstream_commands_total{upstream=demo}"]; n != float64(len(sent)) || n == 0 {
		t.Errorf("%v commands are counted, these were sent: %v", n, sent)
	}
}

// open gives the demo's mailbox, and what it holds.
func (o observed) open() (*imapbox.Mailbox, translate.Listing) {
	o.Helper()
	cfg := o.config(o.imap, "127.0.0.1:0", false)
	m, err := o.pool.IMAP.Open(o.Context(), backend.Request{
		Upstream: cfg.Upstream["demo"], Maildrop: cfg.Maildrop["default"], Account: demoUser,
		Password: configs.NewSecret(demoPassword), Log: hclog.NewNullLogger(),
	})
	if err != nil {
		o.Fatal(err)
	}
	l, err := m.List(o.Context(), translate.Listing{})
	if err != nil {
		o.Fatal(err)
	}
	return m, l
}

// A COPY in doubt is looked up: first it is not there, then it is.
func TestCountsOfCopiesInDoubt(t *testing.T) {
	o := observe(t)
	m, l := o.open()
	defer m.Close()
	ops, err := m.Prepare(t.Context(), []translate.Op{{Kind: translate.OpCopy, UIDs: imap.UIDSetNum(l.Entries[20].UID), To: m.Server().Trash}})
	if err != nil {
		t.Fatal(err)
	}
	ops[0].Doubt = true
	for _, found := range []float64{0, 1} {
		if _, err := m.Apply(t.Context(), ops); err != nil {
			t.Fatal(err)
		}
		o.expect(o.series(), map[string]float64{
			"upstream_copies_settled_total{outcome=repeated,upstream=demo}": 1,
			"upstream_copies_settled_total{outcome=found,upstream=demo}":    found,
		})
	}
}

// New mail alone is a listing of what is new.
func TestCountsOfListings(t *testing.T) {
	o := observe(t)
	m, l := o.open()
	defer m.Close()
	if _, err := m.Apply(t.Context(), []translate.Op{{Kind: translate.OpCopy, UIDs: imap.UIDSetNum(l.Entries[20].UID), To: "INBOX"}}); err != nil {
		t.Fatal(err)
	}
	now, err := m.List(t.Context(), l)
	if err != nil || len(now.Entries) != len(l.Entries)+1 {
		t.Fatalf("%d messages became %d, %v", len(l.Entries), len(now.Entries), err)
	}
	o.expect(o.series(), map[string]float64{
		"upstream_listings_total{kind=full,upstream=demo}":    1,
		"upstream_listings_total{kind=changed,upstream=demo}": 1,
		"upstream_listings_total{kind=avoided,upstream=demo}": 0,
	})
	if _, err := m.List(t.Context(), now); err != nil {
		t.Fatal(err)
	}
	o.expect(o.series(), map[string]float64{"upstream_listings_total{kind=avoided,upstream=demo}": 1})
}

// An upstream that is away is seen as such, and by its name.
func TestCountsOfAnUpstreamThatIsAway(t *testing.T) {
	o := observe(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	o.configure(o.config(l.Addr().String(), "127.0.0.1:0", false))
	o.talk(sayUser, sayPass, "QUIT")
	o.expect(o.settled(), map[string]float64{
		"logins_total{code=SYS/TEMP,listener=pop3,upstream=demo}": 1,
		"logins_total{code=OK,listener=pop3,upstream=demo}":       0,
		"upstream_dials_failed_total{upstream=demo}":              1,
		"upstream_connections{upstream=demo}":                     0,
		"upstream_logins_total{upstream=demo}":                    0,
	})
}

// A reload opens the new address before it leaves the old one, and where it
// fails nothing has changed.
func TestReloadOfTheMetricsAddress(t *testing.T) {
	o := observe(t)
	first := o.web.Addr().String()
	if status, _ := o.get("/debug/pprof/"); status != http.StatusNotFound {
		t.Errorf("without pprof: %d", status)
	}
	o.configure(o.config(o.imap, "127.0.0.1:0", true))
	if status, _ := o.get("/debug/pprof/"); status != http.StatusOK || o.web.Addr().String() != first {
		t.Errorf("with pprof: %d at %s, before at %s", status, o.web.Addr(), first)
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	if err := o.Service.Configure(o.config(o.imap, taken.Addr().String(), false)); err == nil || !strings.HasPrefix(err.Error(), "metrics: ") {
		t.Errorf("an address that is taken: %v", err)
	}
	if status, _ := o.get("/debug/pprof/"); status != http.StatusOK || o.web.Addr().String() != first {
		t.Errorf("after a reload that failed: %d at %s, before at %s", status, o.web.Addr(), first)
	}
	// The metrics' address is free here, the listener's is not.
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = free.Close()
	cfg := o.config(o.imap, free.Addr().String(), false)
	broken := cfg.Listener["pop3"]
	broken.Address = taken.Addr().String()
	cfg.Listener["pop3"] = broken
	if err := o.Service.Configure(cfg); err == nil {
		t.Error("a listener whose address is taken is no error")
	}
	if again, err := net.Listen("tcp", free.Addr().String()); err != nil {
		t.Errorf("a reload that failed leaves its metrics address open: %v", err)
	} else {
		_ = again.Close()
	}
	if status, _ := o.get("/debug/pprof/"); status != http.StatusOK || o.web.Addr().String() != first {
		t.Errorf("after a reload that failed: %d at %s, before at %s", status, o.web.Addr(), first)
	}
	o.configure(o.config(o.imap, "localhost:0", false))
	if second := o.web.Addr().String(); second == first {
		t.Errorf("still at %s", second)
	}
	if _, _, err := fetch(first, "/healthz"); err == nil {
		t.Errorf("%s, which the configuration does not name any more, answers", first)
	}
	if status, _ := o.get("/healthz"); status != http.StatusOK {
		t.Errorf("at the new address: %d", status)
	}
	second := o.web.Addr().String()
	o.configure(o.config(o.imap, "", false))
	if _, _, err := fetch(second, "/healthz"); err == nil || o.web.Addr() != nil {
		t.Errorf("no address is configured, and %s answers", second)
	}
}

func TestReadiness(t *testing.T) {
	o := observe(t)
	check := func(path string, status int, text string) {
		t.Helper()
		if got, body := o.get(path); got != status || !strings.Contains(body, text) {
			t.Errorf("%s: %d %q, want %d %q", path, got, body, status, text)
		}
	}
	check("/healthz", http.StatusOK, "alive")
	check("/readyz", http.StatusOK, "ready")
	nc := o.dial()
	defer nc.Close()
	if _, err := io.WriteString(nc, sayUser+"\r\n"+sayPass+"\r\nNOOP\r\n"); err != nil {
		t.Fatal(err)
	}
	for lines, buf := 0, make([]byte, 512); lines < 4; { // the greeting and three answers
		n, err := nc.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		lines += strings.Count(string(buf[:n]), "\n")
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- o.Shutdown(ctx) }()
	for len(o.server.Addresses()) > 0 {
		if ctx.Err() != nil {
			t.Fatal("the listener stays open")
		}
		runtime.Gosched()
	}
	check("/healthz", http.StatusOK, "alive")
	check("/readyz", http.StatusServiceUnavailable, "draining")
	if _, err := io.WriteString(nc, "QUIT\r\n"); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	if o.web.Addr() != nil {
		t.Error("metrics are still served")
	}
}

func TestReadinessOfTheStateStore(t *testing.T) {
	o := observe(t)
	if err := o.store.Close(); err != nil {
		t.Fatal(err)
	}
	if status, body := o.get("/readyz"); status != http.StatusServiceUnavailable || !strings.Contains(body, "the state store does not answer") {
		t.Errorf("with the store closed: %d %q", status, body)
	}
}
