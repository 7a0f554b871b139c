package state_test

import (
	"bytes"
	"crypto/tls"
	"database/sql"
	"encoding/pem"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"time"

	"popbridge/proxy/ledger/database"
	"popbridge/tests/bridge"
)

// put writes a file into the site's folder.
func (s *daySite) put(name, text string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// shows fails where a proxy shows another certificate.
func (s *daySite) shows(proxy int, file string) {
	s.t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		s.t.Fatal(err)
	}
	want, _ := pem.Decode(text)
	nc, err := net.Dial("tcp", s.address(proxyPorts*proxy+1))
	if err != nil {
		s.t.Fatal(err)
	}
	defer nc.Close()
	_ = nc.SetDeadline(time.Now().Add(time.Minute))
	if _, err := io.WriteString(nc, "PROXY TCP4 127.0.0.1 127.0.0.1 1 1\r\n"); err != nil {
		s.t.Fatal(err)
	}
	c := tls.Client(nc, &tls.Config{InsecureSkipVerify: true})
	if err := c.Handshake(); err != nil {
		s.t.Fatal(err)
	}
	if got := c.ConnectionState().PeerCertificates[0]; !bytes.Equal(got.Raw, want.Bytes) {
		s.t.Error("after the reload a proxy shows the certificate from before")
	}
}

// recover waits until all is as it was in the morning: from then on nothing may fail.
func (s *daySite) recover() {
	s.t.Helper()
	for i := range s.proxies {
		s.await("a proxy is not ready", func() bool {
			r, err := http.Get("http://" + s.address(proxyPorts*i+2) + "/readyz")
			if err != nil {
				return false
			}
			_ = r.Body.Close()
			return r.StatusCode == http.StatusOK
		})
	}
	time.Sleep(3 * time.Second) // the balancer looks once a second, and wants two good answers
	s.through()
	s.over.Store(true)
}

func (s *daySite) await(what string, come func() bool) bool {
	s.t.Helper()
	for until := time.Now().Add(2 * time.Minute); !come(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(until) {
			s.t.Error(what)
			return false
		}
	}
	return true
}

// compare holds what is left against what should be.
func (s *daySite) compare() {
	s.t.Helper()
	boxes := slices.Clone(s.order)
	for _, p := range s.stage.all {
		boxes = append(boxes, s.boxes[p.bag])
	}
	for _, b := range boxes {
		b.w = witness(s.t, b.mail, b.user)
		b.conserved(s.t)
		b.w.Logout()
	}
	db, err := sql.Open("pgx", s.dsn)
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close()
	for _, left := range []struct{ what, query string }{
		{"locks", "SELECT count(*) FROM leases l JOIN proxies x ON x.id = l.proxy WHERE " + database.ProxyAlive}, // those of the dead bind nobody
		{"accounts that are held", "SELECT count(*) FROM moves WHERE held"},
	} {
		var n int
		s.await(left.what+" are left", func() bool {
			if err := db.QueryRow(left.query).Scan(&n); err != nil {
				s.t.Fatal(err)
			}
			return n == 0
		})
	}
	for i, b := range s.proxies {
		var now rest
		quiet := s.await("goroutines or descriptors are left", func() bool {
			now = s.rest(i, b)
			return now.goroutines <= s.begin.goroutines && now.descriptors <= s.begin.descriptors+idle
		})
		if !quiet {
			s.t.Errorf("a proxy has %+v, and had %+v when it began", now, s.begin)
		}
	}
}

// rest is what a proxy has while nobody is connected.
type rest struct{ goroutines, descriptors int }

// idle is how many connections to the ledger a proxy keeps at most.
const idle = 8

func (s *daySite) rest(proxy int, b *bridge.Bridge) rest {
	s.t.Helper()
	return rest{s.goroutines(proxy), b.Descriptors()}
}

var goroutines = regexp.MustCompile(`(?m)^go_goroutines (\d+)`)

// goroutines are those of a proxy.
func (s *daySite) goroutines(proxy int) int {
	s.t.Helper()
	r, err := http.Get("http://" + s.address(proxyPorts*proxy+2) + "/metrics")
	if err != nil {
		s.t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	m := goroutines.FindSubmatch(text)
	if m == nil {
		s.t.Fatalf("the metrics lack go_goroutines:\n%s", text)
	}
	n, err := strconv.Atoi(string(m[1]))
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

// report tells what the day was.
func (s *daySite) report(pollers []*poller, broken []*wreck) {
	sessions, turns := 0, 0
	for _, p := range pollers {
		sessions += p.ended
	}
	for _, b := range broken {
		turns += b.turns
	}
	counts := make(map[string]int)
	for _, name := range s.happened {
		counts[name]++
	}
	text := ""
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		text += fmt.Sprintf(", %d × %s", counts[name], name)
	}
	for _, name := range slices.Sorted(maps.Keys(s.stage.played)) {
		text += fmt.Sprintf(", %d × %s", s.stage.played[name], name)
	}
	s.t.Logf("%d devices and %d broken ones, %d connections, %d sessions to the end, %d by broken devices, %d messages, %d mailboxes rebuilt%s",
		len(pollers), len(broken), s.tries.Load(), sessions, turns, s.posted.Load(), s.rebuilt, text)
}
