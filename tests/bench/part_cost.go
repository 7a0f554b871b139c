package main

import (
	"bufio"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"popbridge/tests/servers"
)

// What an unchanged poll allocated in November 2026, before anything was done about it: 599
// objects. At least half of them have to go.
const (
	allocatedOnce = 599
	halfOfThem    = allocatedOnce / 2.0
	aQuarter      = allocatedOnce / 4.0
)

// cost counts what an unchanged poll takes of what it shares with others: round trips to
// PostgreSQL and statements that run there, and objects that the garbage collector removes.
func cost(s *site) []row {
	return append(s.asked(), s.allocated()...)
}

// asked counts what goes over the wire between popbridge and PostgreSQL. What nine of ten
// polls need is the figure: now and then one has something of the proxy's own beside it, such
// as the lease that it renews each second.
func (s *site) asked() []row {
	const polls = 400
	server := servers.StartPostgres(s.stage)
	tapped, err := countPostgres(fmt.Sprintf("%s:%d", server.Host, server.Port))
	s.must(err)
	s.Cleanup(func() { _ = tapped.listener.Close() })
	address, err := url.Parse(server.DSN)
	s.must(err)
	address.Host = tapped.listener.Addr().String()
	c := s.popbridge("popbridge counted PostgreSQL", s.upstream.IMAP, address.String())
	b := s.box("ten", 10, 2000)
	one := func(int, int) error { return c.plain.poll("counted", b) }
	r := &results{samples: make(map[string][]sample)}
	r.take(clients(1, times(50), one)) // its statements are prepared
	var trips, statements []float64
	for range polls {
		before := tapped.count()
		r.take(clients(1, times(1), one))
		after := tapped.count()
		trips = append(trips, float64(after.trips-before.trips))
		statements = append(statements, float64(after.statements-before.statements))
	}
	r.samples["popbridge"] = []sample{{quantile(trips, 0.9), quantile(statements, 0.9)}}
	fmt.Printf("PostgreSQL: round trips of a poll from %.0f to %.0f, half of them %.0f; statements from %.0f to %.0f, half of them %.0f\n",
		quantile(trips, 0), quantile(trips, 1), median(trips), quantile(statements, 0), quantile(statements, 1), median(statements))
	return []row{
		r.row(0, "unchanged poll: round trips to PostgreSQL, of nine in ten", "round trips", true, "none", 0, "1").atMost(2).wanted(1),
		r.row(1, "unchanged poll: statements for PostgreSQL, of nine in ten", "statements", true, "none", 0, "1").atMost(2).wanted(1),
	}
}

// allocated asks the program's own metrics what polls allocate.
func (s *site) allocated() []row {
	const polls = 3000
	page := fmt.Sprintf("127.0.0.1:%d", servers.FreePorts(s.stage, 1)[0])
	c := s.popbridgeListening("popbridge counted", s.upstream.IMAP, "", fmt.Sprintf("metrics: {address: %q}\n", page), "sqlite")
	b := s.box("ten", 10, 2000)
	one := func(client, _ int) error { return c.plain.poll(fmt.Sprintf("counted%d", client), b) }
	r := s.rounds(3, []*contender{c}, func(c *contender, _ int, r *results) sample {
		r.take(clients(4, times(200), one))
		before, err := runtimeCounters(page)
		s.must(err)
		r.take(clients(4, times(polls), one))
		after, err := runtimeCounters(page)
		s.must(err)
		return sample{(after.objects - before.objects) / polls, (after.octets - before.octets) / polls}
	})
	return []row{
		r.row(0, "unchanged poll: objects allocated", "objects", true, "none", 0, "a quarter of 599").atMost(halfOfThem).wanted(aQuarter),
		r.row(1, "unchanged poll: octets allocated", "octets", true, "none", 0, ""),
	}
}

// counters are what Go's runtime has allocated since the program was started.
type counters struct{ objects, octets float64 }

// runtimeCounters reads them at a metrics address.
func runtimeCounters(address string) (c counters, err error) {
	got, err := http.Get("http://" + address + "/metrics")
	if err != nil {
		return c, err
	}
	defer got.Body.Close()
	for lines := bufio.NewScanner(got.Body); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), " ")
		switch name {
		case "go_memstats_mallocs_total":
			c.objects, err = strconv.ParseFloat(value, 64)
		case "go_memstats_alloc_bytes_total":
			c.octets, err = strconv.ParseFloat(value, 64)
		}
		if err != nil {
			return c, err
		}
	}
	if c.objects == 0 || c.octets == 0 {
		err = fmt.Errorf("%s does not say what was allocated", address)
	}
	return c, err
}
