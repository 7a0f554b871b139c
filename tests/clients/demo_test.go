package clients_test

import (
	"fmt"
	"net"
	"regexp"
	"testing"

	"popbridge/tests/bridge"
	"popbridge/tests/clients"
)

// TestFetchmailsDefaults: fetchmail asks for TLS unless it is told not to, on either
// port, and is content with the demo's certificate, by the address that the demo shows
// and by the name localhost.
func TestFetchmailsDefaults(t *testing.T) {
	t.Parallel()
	demo := bridge.Run(t, []string{"demo", "--listen", "127.0.0.1:0", "--imap-listen", "127.0.0.1:0"})
	demo.Await("Ctrl-C ends it")
	found := regexp.MustCompile(`POP3 \(popbridge\): +(\S+), with TLS (\S+)\n(?s:.*)--cacert (\S+)\n`).FindStringSubmatch(demo.Output())
	if found == nil {
		t.Fatalf("the demo says\n%s", demo.Output())
	}
	for address, option := range map[string]string{found[1]: "", found[2]: "ssl", "localhost:" + found[2][len("127.0.0.1:"):]: "ssl"} {
		host, port, err := net.SplitHostPort(address)
		if err != nil {
			t.Fatal(err)
		}
		u := clients.NewUser(t, address, "alice@example.org", "wonderland")
		config := u.File(t, "fetchmailrc", fmt.Sprintf("poll %s service %s protocol pop3 user %s password %s keep %s sslcertfile %q mda \"/bin/cat >>all\"\n",
			host, port, u.Login, u.Password, option, found[3]))
		out, code := u.Try(t, "fetchmail", "-f", config, "--nosyslog", "--fetchlimit", "2", "--pidfile", u.Dir+"/pid")
		if code != 0 && code != 13 { // 13: the limit was reached
			t.Errorf("%s %s: fetchmail ends with %d: %s", address, option, code, out)
		}
	}
	demo.Await("from here on with TLS")
}
