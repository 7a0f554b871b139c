package translate_test

import (
	"testing"

	"popbridge/translate"
)

func TestMatchMailbox(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		delimiter     rune
		want          bool
	}{
		{"Orders/*", "Orders/2024", '/', true},
		{"Orders/*", "Orders/2024/May", '/', true},
		{"Orders/*", "Orders", '/', false},
		{"Orders/%", "Orders/2024", '/', true},
		{"Orders/%", "Orders/2024/May", '/', false},
		{"Orders/%/May", "Orders/2024/May", '/', true},
		{"Orders/%/May", "Orders/a/b/May", '/', false},
		{"Orders*", "Orders", '/', true},
		{"Orders/*", "Orders.2024", '.', true},
		{"INBOX.Orders.%", "INBOX.Orders.2024", '.', true},
		{"INBOX.Orders.%", "INBOX.Orders.2024.May", '.', false},
		{"%", "a/b", '/', false},
		{"%", "a/b", 0, true},
		{"*", "", '/', true},
		{"*", "inbox", '/', true},
		{"in*", "INBOX", '/', true},
		{"*a%b*c", "xa1b2c", '/', true},
		{"*a%b*c", "xa/b2c", '/', false},
		{"*%/x", "a/b/x", '/', true},
		{"Lieferant*", "Lieferantenüberblick", '/', true},
		{"Orders", "orders", '/', false},
	} {
		if got := translate.MatchMailbox(c.pattern, c.name, c.delimiter); got != c.want {
			t.Errorf("%q and %q, parted by %q: %v", c.pattern, c.name, c.delimiter, got)
		}
	}
}
