package database

import "strings"

// ProxyAlive is true of the row x of proxies. A heartbeat that lies ahead of now by
// more than a lease was written before the database's clock was rolled back: if its
// proxy lived, it would have beaten again since.
const ProxyAlive = "x.heartbeat BETWEEN clock_timestamp() - interval '6 seconds' AND clock_timestamp() + interval '6 seconds'"

// ProxyLabel is the part of a proxy's name that an operator has a use for.
func ProxyLabel(proxy string) string {
	if i := strings.LastIndexByte(proxy, '/'); i > 0 {
		return proxy[:i]
	}
	return proxy
}
