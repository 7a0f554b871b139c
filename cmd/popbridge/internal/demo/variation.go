package demo

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// variationInterval lies between two generated messages.
const variationInterval = 7 * time.Minute

// template is a kind of message that a machine sends again and again.
type template struct {
	from, subject string // subject takes the running number
	line          string // takes a running number and two figures
	lines         int    // at most so many
}

func templates() []template {
	return []template{
		{"Scanner <scanner@example.org>", "Scan %05d", "Page %d: %d x %d pixels, grey.", 12},
		{"Alarm panel <panel-7@example.net>", "Panel 7, report %05d", "Zone %d: %d events, loop %d ohms.", 24},
		{"Order desk <orders@example.com>", "Order confirmation %05d", "LIN+%d+QTY:21:%d+PRI:AAA:%d.50'", 30},
		{"Helpdesk <tickets@example.org>", "[Ticket #%05d] Status changed", "Step %d took %d minutes, waited %d.", 6},
		{"Backup <backup@example.org>", "Backup %05d finished", "Volume %d: %d files, %d MB.", 16},
		{"Sensor gateway <gw1@example.net>", "Readings %05d", "T%d: %d.%d degrees", 48},
	}
}

// variation is generated message number i, arrived at date. Its octets depend on
// both alone.
func variation(i int, date time.Time) letter {
	rng := rand.New(rand.NewPCG(1939, uint64(i)))
	kinds := templates()
	t := kinds[rng.IntN(len(kinds))]

	var b bytes.Buffer
	header := func(name, value string) { fmt.Fprintf(&b, "%s: %s\r\n", name, value) }
	header("Date", date.Format(dateLayout))
	header("From", t.from)
	header("To", "Office <office@example.org>")
	header("Subject", fmt.Sprintf(t.subject, i+1))
	header("Message-ID", fmt.Sprintf("<v%d.%08x@%s>", i+1, rng.Uint32(), t.from[strings.IndexByte(t.from, '@')+1:len(t.from)-1]))
	header("MIME-Version", "1.0")
	header("Content-Type", "text/plain; charset=us-ascii")
	b.WriteString("\r\n")
	for n := range 1 + rng.IntN(t.lines) {
		fmt.Fprintf(&b, t.line+"\r\n", n+1, rng.IntN(900)+100, rng.IntN(90)+10)
	}
	if rng.IntN(10) == 0 {
		b.WriteString(".\r\n.. end of report\r\n") // lines that dot-stuffing must lengthen
	}
	return letter{octets: b.Bytes(), date: date}
}
