package behaviour_test

import (
	"fmt"
	"strings"
)

// config writes a whole configuration. Each listener is "name: keys", keys being
// separated by ';'; an address of none is one on loopback.
func config(upstreams []string, blocks string, listeners ...string) string {
	var b strings.Builder
	b.WriteString("listener:\n")
	for _, l := range listeners {
		block(&b, l, `address: "127.0.0.1:0"`)
	}
	b.WriteString("upstream:\n")
	for _, u := range upstreams {
		block(&b, u, "")
	}
	b.WriteString(blocks)
	return b.String()
}

func block(b *strings.Builder, text, address string) {
	name, keys, _ := strings.Cut(text, ":")
	fmt.Fprintf(b, "  %s:\n", name)
	if address != "" && !strings.Contains(keys, "address:") {
		fmt.Fprintf(b, "    %s\n", address)
	}
	for _, key := range strings.Split(keys, ";") {
		if key = strings.TrimSpace(key); key != "" {
			fmt.Fprintf(b, "    %s\n", key)
		}
	}
}

// plain is a listener that takes passwords in plain text.
const plain = "pop3: plaintext_auth: true"

// to is an upstream without TLS.
func to(name, imap string) string {
	return fmt.Sprintf("%s: address: %q; tls: none", name, imap)
}
