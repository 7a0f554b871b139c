package lookup

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"popbridge/configs"
	"popbridge/translate"
)

// hostile are names that must reach a directory as they are.
var hostile = []string{"o'brien@x.org", `a"b@x.org`, "*@x.org", "a)(uid=*@x.org", "../../etc/passwd", "a@x.org; DROP TABLE routes", "$1", "ü@x.org", "a%00@x.org", `a\@x.org`}

func ask(t *testing.T, d *Directories, l configs.Lookup, account string) (translate.DirectoryAnswer, bool, error) {
	t.Helper()
	return d.Ask(t.Context(), l, translate.DirectoryQuestion{Account: account, Device: "scanner", Listener: "pop3", Client: "192.0.2.1"})
}

// expect asks for an account that the directory knows and for one that it does not.
func expect(t *testing.T, d *Directories, l configs.Lookup, account string, want translate.DirectoryAnswer) {
	t.Helper()
	if got, ok, err := ask(t, d, l, account); err != nil || !ok || got != want {
		t.Errorf("%s: %+v, %v, %v; want %+v", account, got, ok, err, want)
	}
	if got, ok, err := ask(t, d, l, "nobody@example.net"); err != nil || ok {
		t.Errorf("a name that is not there: %+v, %v, %v", got, ok, err)
	}
}

func lookup(driver configs.LookupDriver, source string) configs.Lookup {
	return configs.Lookup{Name: "accounts", Driver: driver, Source: configs.NewSecret(source), Timeout: 5 * time.Second, Cache: time.Hour, NegativeCache: time.Hour, Stale: time.Hour}
}

func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "accounts")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("alice@x.org upstream=new\n*@x.org upstream=old\n")
	f := &file{path: path, stale: time.Hour}
	now := time.Now()
	find := func(account string) (string, error) {
		f.looked = time.Time{} // it is looked at once a second
		answer, ok, err := f.ask(t.Context(), translate.DirectoryQuestion{Account: account})
		if !ok {
			return "", err
		}
		return answer.Upstream, err
	}
	steps := []struct {
		what, account, want string
		fails               bool
		before              func()
	}{
		{"a line", "alice@x.org", "new", false, func() {}},
		{"its domain's", "bob@x.org", "old", false, func() {}},
		{"no line", "bob@y.org", "", false, func() {}},
		{"no domain", "bob", "", false, func() {}},
		{"a file that has changed", "alice@x.org", "third", false, func() { write("alice@x.org upstream=third\n") }},
		{"a file with a mistake: what was read before counts", "alice@x.org", "third", false, func() { write("alice@x.org upstream\n") }},
		{"a file that is gone", "alice@x.org", "third", false, func() { _ = os.Remove(path) }},
		{"after stale", "alice@x.org", "", true, func() { f.good = now.Add(-2 * time.Hour) }},
		{"a file that is back", "alice@x.org", "new", false, func() { write("alice@x.org upstream=new\n") }},
	}
	for _, s := range steps {
		s.before()
		if got, err := find(s.account); got != s.want || (err != nil) != s.fails {
			t.Errorf("%s: %q, %v; want %q", s.what, got, err, s.want)
		}
	}
}

func TestSQLite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "accounts with a blank.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("CREATE TABLE routes (name TEXT, device TEXT, upstream TEXT, home TEXT, n INTEGER)"); err != nil {
		t.Fatal(err)
	}
	for _, name := range append(hostile, "alice@x.org") {
		if _, err := db.Exec("INSERT INTO routes VALUES (?, 'scanner', 'new', NULL, 1)", name); err != nil {
			t.Fatal(err)
		}
	}
	l := lookup(configs.LookupSQL, "sqlite:"+path)
	l.Query = "SELECT upstream, home AS host, n, 'it costs $1' AS note FROM routes WHERE device = $2 AND name = $1"
	var d Directories
	defer d.Close()
	for _, name := range append(hostile, "alice@x.org") {
		expect(t, &d, l, name, translate.DirectoryAnswer{Upstream: "new"})
	}
	writes := l
	writes.Name, writes.Query = "writes", "DELETE FROM routes WHERE name = $1"
	if _, _, err := ask(t, &d, writes, "alice@x.org"); err == nil {
		t.Error("a lookup may write")
	}
	if _, err := db.Exec("DROP TABLE routes"); err != nil {
		t.Fatal(err)
	}
	expect(t, &d, l, "alice@x.org", translate.DirectoryAnswer{Upstream: "new"}) // from the cache
	if _, _, err := ask(t, &d, l, "never@asked.before"); err == nil {
		t.Error("a table that is gone is taken for no answer")
	}
}

func TestPrepare(t *testing.T) {
	mysql := func(b *strings.Builder, _ int) { b.WriteByte('?') }
	for query, want := range map[string]string{
		"SELECT 1 WHERE a = $1":             "SELECT 1 WHERE a = ? [1]",
		"x $2 y $1 z $2":                    "x ? y ? z ? [2 1 2]",
		"'$1' \"$2\" `$3` $4 '' $1 'a''$1'": "'$1' \"$2\" `$3` ? '' ? 'a''$1' [4 1]",
		"$5 $ $0 $":                         "$5 $ $0 $ []",
	} {
		s := prepare(query, mysql)
		if got := fmt.Sprint(s.text, " ", s.arguments); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
}

func TestHTTP(t *testing.T) {
	var asked atomic.Int64
	known := make(map[string]bool)
	for _, name := range append(hostile, "alice@x.org") {
		known[name] = true
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		q := r.URL.Query()
		if q.Get("key") != "k" || q.Get("device") != "scanner" || q.Get("listener") != "pop3" || q.Get("client") != "192.0.2.1" {
			t.Errorf("asked by %s", r.URL)
		}
		switch account := q.Get("account"); {
		case known[account]:
			fmt.Fprint(w, `{"upstream":"new","host":"imap3:993","account":null,"note":7}`)
		case account == "list@x.org":
			fmt.Fprint(w, `{"upstream":["new"]}`)
		case account == "text@x.org":
			fmt.Fprint(w, `new`)
		case account == "null@x.org":
			fmt.Fprint(w, `null`)
		case account == "large@x.org":
			fmt.Fprint(w, `{"note":"`+strings.Repeat("x", maxAnswer)+`"}`)
		case account == "broken@x.org":
			w.WriteHeader(http.StatusBadGateway)
		case account == "moved@x.org":
			http.Redirect(w, r, "/else", http.StatusFound)
		default:
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	l := lookup(configs.LookupHTTP, server.URL+"/lookup?key=k")
	var d Directories
	defer d.Close()
	for _, name := range append(hostile, "alice@x.org") {
		expect(t, &d, l, name, translate.DirectoryAnswer{Upstream: "new", Host: "imap3:993"})
	}
	for _, name := range []string{"list", "text", "null", "large", "broken", "moved"} {
		if got, ok, err := ask(t, &d, l, name+"@x.org"); err == nil {
			t.Errorf("%s: %+v, %v", name, got, ok)
		}
	}
	before := asked.Load()
	expect(t, &d, l, "alice@x.org", translate.DirectoryAnswer{Upstream: "new", Host: "imap3:993"})
	if n := asked.Load() - before; n != 0 {
		t.Errorf("the service was asked %d times for what it has just said", n)
	}
}

func TestNginx(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Auth-Pass") != "" || r.Header.Get("Client-IP") != "192.0.2.1" || r.Header.Get("Auth-Protocol") != "pop3" {
			t.Errorf("asked by %v", r.Header)
		}
		switch r.Header.Get("Auth-User") {
		case "alice@x.org":
			w.Header().Set("Auth-Status", "OK")
			w.Header().Set("Auth-Server", "192.0.2.7")
			w.Header().Set("Auth-Port", "143")
			w.Header().Set("Auth-User", "alice")
		case "mute@x.org":
		case "half@x.org":
			w.Header().Set("Auth-Status", "OK")
		default:
			w.Header().Set("Auth-Status", "Invalid login or password")
			w.Header().Set("Auth-Wait", "3")
		}
	}))
	defer server.Close()
	l := lookup(configs.LookupHTTP, server.URL)
	l.Style = configs.LookupNginx
	var d Directories
	defer d.Close()
	for account, want := range map[string]translate.DirectoryAnswer{"alice@x.org": {Host: "192.0.2.7:143", Account: "alice"}, "bob@x.org": {Action: "refuse"}} {
		if got, ok, err := ask(t, &d, l, account); err != nil || !ok || got != want {
			t.Errorf("%s: %+v, %v, %v", account, got, ok, err)
		}
	}
	for _, account := range []string{"mute@x.org", "half@x.org"} {
		if got, _, err := ask(t, &d, l, account); err == nil {
			t.Errorf("%s: %+v", account, got)
		}
	}
}

// away is a driver that knows alice, and may be told to fail or to hang.
type away struct {
	err   error
	hang  bool
	asked int
}

func (a *away) reads(q translate.DirectoryQuestion) translate.DirectoryQuestion { return q }
func (a *away) close()                                                          {}
func (a *away) ask(ctx context.Context, q translate.DirectoryQuestion) (translate.DirectoryAnswer, bool, error) {
	a.asked++
	if a.hang {
		<-ctx.Done()
		return translate.DirectoryAnswer{}, false, ctx.Err()
	}
	return translate.DirectoryAnswer{Upstream: "new"}, q.Account == "alice@x.org" && a.err == nil, a.err
}

// TestCache: how long an answer counts, and how long while its directory is away.
func TestCache(t *testing.T) {
	driver := &away{}
	d := &directory{Lookup: configs.Lookup{Timeout: time.Millisecond, Cache: time.Minute, NegativeCache: 10 * time.Second, Stale: time.Hour}, driver: driver}
	began := time.Now()
	gone := errors.New("gone")
	for _, step := range []struct {
		what, account string
		after         time.Duration
		err           error
		hang          bool
		found, fails  bool
		asked         int
	}{
		{"first", "alice@x.org", 0, nil, false, true, false, 1},
		{"within cache", "alice@x.org", 59 * time.Second, gone, false, true, false, 1},
		{"behind it", "alice@x.org", 61 * time.Second, nil, false, true, false, 2},
		{"away, within stale", "alice@x.org", time.Hour, gone, false, true, false, 3},
		{"silent, within stale", "alice@x.org", time.Hour, nil, true, true, false, 4},
		{"away, behind stale", "alice@x.org", 61*time.Second + time.Hour, gone, false, false, true, 5},
		{"back", "alice@x.org", 2 * time.Hour, nil, false, true, false, 6},
		{"no answer", "bob@x.org", 0, nil, false, false, false, 7},
		{"no answer, again", "bob@x.org", 9 * time.Second, gone, false, false, false, 7},
		{"no answer is not stale: it would be another route", "bob@x.org", 11 * time.Second, gone, false, false, true, 8},
		{"never asked before, silent", "carol@x.org", 0, nil, true, false, true, 9},
	} {
		driver.err, driver.hang = step.err, step.hang
		_, found, err := d.ask(t.Context(), translate.DirectoryQuestion{Account: step.account}, began.Add(step.after))
		if found != step.found || (err != nil) != step.fails || driver.asked != step.asked {
			t.Errorf("%s: found %v, %v, asked %d times; want %v, %v, %d", step.what, found, err, driver.asked, step.found, step.fails, step.asked)
		}
	}
}

// TestCacheIsBounded keeps what is asked for, and forgets the rest.
func TestCacheIsBounded(t *testing.T) {
	var c cache
	for i := range 3 * generation {
		c.put(translate.DirectoryQuestion{Account: fmt.Sprint(i)}, entry{found: true})
	}
	if n := len(c.young) + len(c.older); n > 2*generation {
		t.Errorf("%d answers are kept", n)
	}
	if _, ok := c.get(translate.DirectoryQuestion{Account: fmt.Sprint(3*generation - 1)}); !ok {
		t.Error("the last answer is not kept")
	}
}

// TestConfigure: a lookup that has changed is asked anew, where it is now.
func TestConfigure(t *testing.T) {
	say := func(upstream string) *httptest.Server {
		return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, `{"upstream":%q}`, upstream) }))
	}
	first, second := say("one"), say("two")
	defer first.Close()
	defer second.Close()
	var d Directories
	defer d.Close()
	for _, step := range []struct{ url, want string }{{first.URL, "one"}, {second.URL, "two"}, {first.URL, "one"}} {
		l := lookup(configs.LookupHTTP, step.url)
		d.Configure(&configs.Config{Lookup: map[string]configs.Lookup{"accounts": l}})
		if got, _, err := ask(t, &d, l, "alice@x.org"); err != nil || got.Upstream != step.want {
			t.Errorf("%+v, %v; want %s", got, err, step.want)
		}
	}
	d.Configure(&configs.Config{})
	if len(d.open) != 0 {
		t.Error("a lookup that is gone stays open")
	}
}

// hurried is a driver whose own clock ends before popbridge's is seen to have.
type hurried struct{ driver }

func (hurried) ask(ctx context.Context, _ translate.DirectoryQuestion) (translate.DirectoryAnswer, bool, error) {
	<-ctx.Done()
	return translate.DirectoryAnswer{}, false, errors.New("connection timed out")
}

// Whoever's clock says it, a directory that does not answer in time is told of in the same words.
func TestNoAnswerInTime(t *testing.T) {
	d := &directory{driver: hurried{}, Lookup: configs.Lookup{Timeout: time.Millisecond}}
	if _, _, err := d.ask(t.Context(), translate.DirectoryQuestion{Account: "alice@x.org"}, time.Now()); err == nil || err.Error() != "no answer within 1ms" {
		t.Error(err)
	}
}
