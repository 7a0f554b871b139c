package liars_test

import (
	"fmt"
	"strings"
	"testing"

	"popbridge/tests/bridge"
	"popbridge/tests/liars"
)

// TestManners: what an upstream announces and does not do, or wants to hear first,
// keeps no device out, and is said once.
func TestManners(t *testing.T) {
	const whole = "C: STAT\nS: +OK 4 …\nC: RETR 1\nS: +OK…\nS: Message-ID: <11@x.test>…"
	o := liars.Options{Caps: []string{"UIDPLUS", "MOVE", "CONDSTORE", "SPECIAL-USE", "LIST-EXTENDED", "ID"}}
	at := func(command string, do liars.Lie) []liars.Rule { return []liars.Rule{liars.Always(command, do)} }
	named := false // only the one fault below says ID
	unsafe := []liars.Rule{
		liars.Always(`ID ("name`, func(x *liars.Exchange) { named = true; x.Send("* ID NIL\r\n{tag} OK done\r\n") }),
		liars.Always("SELECT", func(x *liars.Exchange) {
			if named {
				x.Send(x.Carry())
				return
			}
			x.Send("{tag} NO SELECT Unsafe Login. Please contact kefu@188.com for help " + liars.Words + "\r\n")
		}),
	}
	play(t, []fault{
		{name: "NAMESPACE", o: o, rules: at("NAMESPACE", liars.Bad()), then: whole, log: "it refuses NAMESPACE"},
		{name: "CONDSTORE", o: o, rules: at("(CONDSTORE)", liars.Bad()), then: whole, log: "it refuses CONDSTORE"},
		{name: "SPECIAL-USE", o: o, rules: at("RETURN (SPECIAL-USE)", liars.Bad()), then: whole, log: "it refuses LIST-EXTENDED"},
		{name: "AUTHENTICATE is unknown", o: o, rules: at("AUTHENTICATE", liars.Bad()), then: whole, log: "it refuses AUTHENTICATE PLAIN"},
		{name: "the mechanism is unknown", o: o, rules: at("AUTHENTICATE", liars.No("AUTHENTICATE mechanism not supported, mate")), then: whole, log: "it refuses AUTHENTICATE PLAIN"},
		{name: "both are unknown", o: o, rules: append(at("AUTHENTICATE", liars.Bad()), liars.Always("LOGIN", liars.No("unsupported authentication mechanism"))), login: perm},
		{name: "wants ID", o: o, rules: unsafe, then: whole, log: "it is sent ID"},
	})
}

// TestOurOwnIsRefused: a master password that the upstream refuses is an ERROR that
// names it, [SYS/PERM] for devices, and counts against nobody: when it is mended
// all are let in. What a device guesses is counted as ever.
func TestOurOwnIsRefused(t *testing.T) {
	t.Parallel()
	knows, mail := liars.New(t, liars.Options{}), liars.New(t, liars.Options{})
	config := "listener:\n  pop3: {address: \"127.0.0.1:0\", plaintext_auth: true}\n" +
		"limits: {connections_per_ip: 1000, failure_delay: 0s, failures_per_ip: 2, failures_per_account: 2}\nstate: {driver: memory}\n" +
		fmt.Sprintf("upstream:\n  knows: {address: %q, tls: none}\n  mail: {address: %q, tls: none, auth: master, master_user: admin, master_password: %s, verify_login: knows}\n", knows.Address(), mail.Address(), liars.Password) +
		"route: [{user: \"*\", upstream: mail}]\n"
	s := &stage{Bridge: bridge.Start(t, config, liars.Password), t: t}
	for _, says := range []string{"[AUTHENTICATIONFAILED]", "[AUTHORIZATIONFAILED]", "[EXPIRED]", ""} {
		mail.Lie(liars.Always("AUTHENTICATE", liars.No(says)))
		for range 2 {
			d := s.dial(t)
			if got := d.pass("alice@x.test"); !strings.HasPrefix(got, perm) {
				t.Errorf("%s: PASS: got %q, want %q", says, got, perm)
			}
			d.Cut()
		}
	}
	s.AwaitLine("[ERROR]", "login refused", `master user \"admin\"`)
	if strings.Contains(s.Output(), "code=AUTH") || strings.Contains(s.Output(), "limit=") {
		t.Errorf("it counts against the device:\n%s", s.Output())
	}
	mail.Lie()
	s.loginAs(t, "alice@x.test").Quit()
	knows.Lie(liars.Always("AUTHENTICATE", liars.No("[AUTHENTICATIONFAILED]")))
	d := s.dial(t)
	if got := d.pass("bob@x.test"); !strings.HasPrefix(got, auth) {
		t.Errorf("a wrong password of a device: %q", got)
	}
	d.Cut()
	s.AwaitLine("code=AUTH", "bob@x.test")
}
