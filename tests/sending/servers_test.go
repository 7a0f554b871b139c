package sending_test

import (
	"strings"
	"testing"

	"popbridge/tests/bridge"
	"popbridge/tests/liars"
	"popbridge/tests/servers"
)

// TestTheCopyOnOtherServers: what is sent lies among the sent mail once, on servers whose
// mailboxes have other names, or are not there yet.
func TestTheCopyOnOtherServers(t *testing.T) {
	for name, start := range map[string]func(t *testing.T) *servers.Server{
		"cyrus":   func(t *testing.T) *servers.Server { return servers.StartCyrus(t, servers.Cyrus{}) },
		"courier": func(t *testing.T) *servers.Server { return servers.StartCourier(t, servers.Courier{}) },
	} {
		t.Run(name, func(t *testing.T) {
			at := start(t)
			smtp := liars.StartSubmission(t, liars.SubmissionOptions{Password: password})
			b := bridge.Start(t, yaml(at.IMAP, smtp.Address(), "", "", ""), password)
			d := dial(t, b.Address("submission")).login()
			d.send(message("the first"), "250")
			d.send(message("the second"), "250")
			d.say("QUIT", "221")
			w := servers.Dial(t, at.IMAP, alice, password)
			mailbox := ""
			until(t, "a mailbox of sent mail", func() bool {
				for _, m := range w.Mailboxes() {
					if strings.HasSuffix(m, "Sent") {
						mailbox = m
					}
				}
				return mailbox != ""
			})
			for _, subject := range []string{"the first", "the second"} {
				copies := sent(t, w, mailbox, subject, 1)
				if len(copies) != 1 || !strings.HasSuffix(string(copies[0]), "\r\n\r\nHello\r\n.dot\r\n") {
					t.Errorf("%s lies there as %q", subject, copies)
				}
			}
			for _, uid := range w.UIDs(mailbox) {
				if flags := w.Flags(mailbox, uid); len(flags) != 1 || flags[0] != `\Seen` {
					t.Errorf("flags are %v", flags)
				}
			}
		})
	}
}
