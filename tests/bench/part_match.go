package main

import "strings"

// match is the CPU that matching an account takes, whatever the servers take to give
// what is read: with octets that tell messages apart, and with a new server that has
// changed every message's octets and header.
func match(s *site) []row {
	figures := s.benchmark("popbridge/translate", "Match", "3x")
	var rows []row
	for _, kind := range []struct{ name, words string }{{"octets", "octets tell"}, {"headers", "all headers read, and changed"}} {
		for _, n := range []string{"1,000", "10,000", "100,000"} {
			ns := figures["Match/"+kind.name+"/"+strings.ReplaceAll(n, ",", "")+" ns/op"]
			r := row{work: "match, " + n + " messages, " + kind.words, unit: "ms", less: true}
			if ns != nil {
				r.popbridge = measured(*ns / 1e6)
			}
			rows = append(rows, r)
		}
	}
	// 100,000 messages in seconds.
	rows[2], rows[5] = bounded(rows[2], 10_000), bounded(rows[5], 10_000)
	return rows
}
