package bridge

import (
	"strings"
	"testing"
)

func TestServeAgainstDemo(t *testing.T) {
	demo := Run(t, []string{"demo", "--listen", "127.0.0.1:0", "--imap-listen", "127.0.0.1:0"})
	demo.Await("password: ")
	imap := DemoIMAP(demo)
	b := Start(t, YAML(imap, "none", "", ""), "wonderland")
	c := Login(t, b.Address("pop3"), "alice@example.org", "wonderland")
	if got := c.OK("STAT"); !strings.HasPrefix(got, "41 ") {
		t.Errorf("STAT says %q, the demo has 41 messages", got)
	}
	if got := len(c.Lines("UIDL")); got != 41 {
		t.Errorf("UIDL has %d lines, want 41", got)
	}
	c.Quit()
	b.Await("session ended")
}
