package abuse_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"popbridge/tests/bridge"
	"popbridge/tests/liars"
)

// TestSecrets writes everything into the log that there is to write, while
// passwords come in every way that a device knows, right, wrong, mistyped and
// out of place, and the upstream repeats them. bridge looks through the output
// for the passwords and their base64 forms.
func TestSecrets(t *testing.T) {
	const wrong = "Sesame-open-9" // of alice, on another server perhaps
	server := liars.New(t, liars.Options{Caps: []string{"AUTH=XOAUTH2", "AUTH=OAUTHBEARER"}})
	var secrets []string
	for _, secret := range []string{liars.Password, wrong} {
		secrets = append(append(secrets, secret), bridge.Encodings(secret)...)
	}
	b := bridge.Start(t, fmt.Sprintf(`log: {level: trace}
listener:
  pop3: {address: "127.0.0.1:0", plaintext_auth: true}
upstream:
  mail: {address: %q, tls: none}
limits: {connections_per_ip: 1000, failure_delay: "0s", failures_per_ip: 0, failures_per_account: 0}
state: {driver: memory}
`, server.Address()), secrets...)
	echo := func(command string) liars.Rule {
		return liars.Always(command, func(x *liars.Exchange) {
			// A server that repeats what it was sent, plain and encoded.
			message, _ := base64.StdEncoding.DecodeString(strings.Fields(x.Command)[2])
			plain := strings.NewReplacer("\x00", " ", "\x01", " ").Replace(string(message))
			x.Send(fmt.Sprintf("* NO you sent %s\r\n{tag} NO [AUTHENTICATIONFAILED] %s: %s\r\n", plain, x.Command, plain))
		})
	}
	for round := range 2 {
		if round == 1 {
			server.Lie(echo("AUTHENTICATE"))
		}
		for _, secret := range []string{liars.Password, wrong} {
			plain := b64("\x00alice\x00" + secret)
			xoauth2, bearer := b64("user=alice\x01auth=Bearer "+secret+"\x01\x01"), b64("n,a=alice,\x01auth=Bearer "+secret+"\x01\x01")
			for _, session := range []string{
				"USER alice\nPASS " + secret,
				"user alice\npass " + secret,
				"USER alice\nPASS " + secret + "\nPASS " + secret + "\nUSER alice\nPASS " + secret,
				"PASS " + secret,
				"USER alice\nPAS " + secret,
				"USER alice\nPASSS " + secret,
				"USER alice\n" + secret,
				"USER alice\nPASS\t" + secret,
				" PASS " + secret,
				"USER alice\nPASS " + secret + "\x00",
				"USER alice\nPA\x00SS " + secret,
				"AUTH PLAIN " + plain,
				"auth plain " + plain,
				"AUTH  PLAIN  " + plain,
				"AUTHPLAIN " + plain,
				"AUTH PLAIN " + plain + " x",
				"AUTH PLAIN " + plain + "!",
				"AUTH NTLM " + plain,
				"AUTH PLAIN\n" + plain,
				"AUTH PLAIN\n" + plain + "!",
				"AUTH PLAIN\n!\n" + plain,
				"AUTH PLAIN\n*\n" + plain,
				plain,
				"AUTH LOGIN\n" + b64("alice") + "\n" + b64(secret),
				"AUTH LOGIN " + b64("alice") + "\n" + b64(secret),
				"AUTH LOGIN\n" + b64("alice") + "\n*\n" + b64(secret),
				"AUTH LOGIN\n!\n" + b64(secret),
				"AUTH LOGIN\n" + b64("alice") + "\n" + secret,
				"AUTH XOAUTH2 " + xoauth2,
				"AUTH XOAUTH2\n" + xoauth2,
				"AUTH XOAUTH2 " + xoauth2 + "\n",
				"AUTH XOAUTH2\n" + xoauth2 + "!\n" + xoauth2,
				"AUTH OAUTHBEARER " + bearer,
				"AUTH OAUTHBEARER\n" + bearer,
				"AUTH OAUTHBEARER " + bearer + "\nAQ==",
				"AUTH OAUTHBEARER\n*\n" + bearer,
				"AUTHXOAUTH2 " + xoauth2,
				"LOGIN alice " + secret,
				"APOP alice " + secret,
				"GET /?password=" + secret,
				"NOOP " + secret,
				"QUIT " + secret,
				"CAPA " + secret,
				"LANG " + secret,
				"STLS " + secret,
				"UTF8 " + plain,
			} {
				nc := bridge.Connect(t, "", b.Address("pop3"))
				if _, err := nc.Write([]byte(strings.ReplaceAll(session, "\n", "\r\n") + "\r\nRETR " + secret + "\r\n")); err != nil {
					t.Fatal(err)
				}
				_ = nc.CloseWrite()
				if said := bridge.Everything(t, nc); strings.Contains(said, secret) || strings.Contains(said, liars.Words) {
					t.Errorf("%q was answered with %q", session, said)
				}
			}
		}
	}
	b.AwaitLine("[TRACE]", "PASS <redacted>")
	b.AwaitLine("[TRACE]", "AUTH PLAIN <redacted>")
	b.AwaitLine("[TRACE]", "imap", "AUTHENTICATE PLAIN <redacted>")
	b.AwaitLine("[TRACE]", "imap", "AUTHENTICATE XOAUTH2 <redacted>")
}
