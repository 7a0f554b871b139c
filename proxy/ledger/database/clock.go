package database

import (
	"fmt"
	"time"
)

// Now is SQL for the database's clock in milliseconds since 1970: the only one
// that commands and proxies on several machines have in common.
func (d *DB) Now() string {
	if d.driver == Postgres {
		return ServerClock
	}
	return "CAST(unixepoch('subsec') * 1000 AS INTEGER)"
}

// Recent is SQL that is true of a time which lies within a span around now. Clocks
// are set back: what was written while one was ahead is not young for as long as it
// was ahead, so that what lies before now by more than the span is as old as what
// lies behind it.
func (d *DB) Recent(column string, span time.Duration) string {
	ms := span.Milliseconds()
	return fmt.Sprintf("(%[1]s > %[2]s - %[3]d AND %[1]s <= %[2]s + %[3]d)", column, d.Now(), ms)
}

// ServerClock is Now of PostgreSQL.
const ServerClock = "(EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::BIGINT"
