package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"popbridge/tests/servers"
)

// TestTap counts what a real client asks of a real PostgreSQL.
func TestTap(t *testing.T) {
	server := servers.StartPostgres(t)
	tapped, err := countPostgres(fmt.Sprintf("%s:%d", server.Host, server.Port))
	if err != nil {
		t.Fatal(err)
	}
	defer tapped.listener.Close()
	address, err := url.Parse(server.DSN)
	if err != nil {
		t.Fatal(err)
	}
	address.Host = tapped.listener.Addr().String()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, address.String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	one := func() error { return conn.QueryRow(ctx, "SELECT $1::int", 1).Scan(new(int)) }
	if err := one(); err != nil { // it is prepared now
		t.Fatal(err)
	}
	large := strings.Repeat("x", 300_000) // it comes in several pieces, in both directions
	for _, c := range []struct {
		work              string
		do                func() error
		trips, statements int
	}{
		{"a query that is prepared", one, 1, 1},
		{"a query of the simple protocol", func() error {
			return conn.QueryRow(ctx, "SELECT 2", pgx.QueryExecModeSimpleProtocol).Scan(new(int))
		}, 1, 1},
		{"three at once", func() error {
			var batch pgx.Batch
			for range 3 {
				batch.Queue("SELECT $1::int", 1)
			}
			return conn.SendBatch(ctx, &batch).Close()
		}, 1, 3},
		{"a transaction", func() error {
			tx, err := conn.Begin(ctx)
			if err != nil {
				return err
			}
			if err := tx.QueryRow(ctx, "SELECT $1::int", 1).Scan(new(int)); err != nil {
				return err
			}
			return tx.Commit(ctx)
		}, 3, 3},
		{"what is large", func() error {
			return conn.QueryRow(ctx, "SELECT '"+large+"'", pgx.QueryExecModeSimpleProtocol).Scan(new(string))
		}, 1, 1},
	} {
		before := tapped.count()
		if err := c.do(); err != nil {
			t.Fatalf("%s: %v", c.work, err)
		}
		after := tapped.count()
		if got := (asked{after.trips - before.trips, after.statements - before.statements}); got != (asked{c.trips, c.statements}) {
			t.Errorf("%s: %+v, want %d round trips and %d statements", c.work, got, c.trips, c.statements)
		}
	}
}

// TestTalk: a request to encrypt is no startup message, and messages may come octet by octet.
func TestTalk(t *testing.T) {
	message := func(kind string, body ...byte) []byte {
		return append([]byte(kind), append(binary.BigEndian.AppendUint32(nil, uint32(4+len(body))), body...)...)
	}
	request := message("", 4, 210, 22, 47)
	startup := message("", 0, 3, 0, 0, 'u', 0)
	w, c := &tap{}, &talk{waits: true}
	for _, part := range [][]byte{request, nil, startup, nil, message("Q", 'a', 0), message("B", 'E', 'E'), message("E"), message("S"), nil, message("X")} {
		if part == nil {
			w.answers(c)
		}
		for _, octet := range part {
			w.asks(c, []byte{octet})
		}
	}
	if w.sum != (asked{trips: 4, statements: 2}) {
		t.Errorf("%+v", w.sum)
	}
	if len(c.pending) > 0 {
		t.Errorf("%q is left over", c.pending)
	}
}

func TestRuntimeCounters(t *testing.T) {
	page := "# HELP go_memstats_mallocs_total Total\ngo_memstats_mallocs_total 1.5e+06\ngo_memstats_mallocs 3\ngo_memstats_alloc_bytes_total 7\n"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(page)) }))
	defer server.Close()
	address := strings.TrimPrefix(server.URL, "http://")
	if c, err := runtimeCounters(address); err != nil || c != (counters{1.5e6, 7}) {
		t.Errorf("%+v, %v", c, err)
	}
	page = "go_goroutines 3\n"
	if _, err := runtimeCounters(address); err == nil {
		t.Error("a page without them is no error")
	}
}
