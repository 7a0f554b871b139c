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
	// wantsID refuses a command until the connection has said ID behind its login, as
	// NetEase does for whichever comes first.
	wantsID := func(command, kind string) []liars.Rule {
		told := false
		return []liars.Rule{
			liars.Always(`ID ("name`, func(x *liars.Exchange) { told = true; x.Send("* ID NIL\r\n{tag} OK done\r\n") }),
			liars.Always(command, func(x *liars.Exchange) {
				if told {
					x.Send(x.Carry())
					return
				}
				x.Send("{tag} " + kind + " Unsafe Login. Please contact kefu@188.com for help " + liars.Words + "\r\n")
			}),
		}
	}
	play(t, []fault{
		{name: "wants ID at the listing", o: o, rules: wantsID("UID FETCH", "NO"), then: whole, log: "it is sent ID"},
		{name: "wants ID at the listing, BAD", o: o, rules: wantsID("UID FETCH", "BAD"), then: whole, log: "it is sent ID"},
		{name: "wants ID at a body", o: o, rules: wantsID("BODY.PEEK[]", "NO"), then: whole, log: "it is sent ID"},
		{name: "wants ID at STORE", o: o, rules: wantsID("UID STORE", "NO"), then: "C: RETR 1\nS: +OK…\nS: Message-ID: <11@x.test>\nS: Subject: message 1\nS:\nS: body of UID 11\nS: ..\nS: the end\nS: .\nC: QUIT\nS: +OK bye", log: "it is sent ID"},
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

// TestMoveIsRefused: where a server announces MOVE and does not know it, messages go
// step by step, none is lost or there twice, and what is not marked is not touched.
// Where it says what it refuses it is not asked again. STATUS is asked for nothing
// that an extension brings.
func TestMoveIsRefused(t *testing.T) {
	move, store := "UID MOVE", []string{"UIDPLUS", "CONDSTORE"}
	tests := map[string]struct {
		actor
		caps  []string
		on    string
		lie   liars.Lie
		moves int // in two sessions
	}{
		"unknown command":  {actor{}, []string{"UIDPLUS", "MOVE"}, move, liars.Say("{tag} BAD Unknown command " + liars.Words + "\r\n"), 1},
		"not supported":    {actor{reuse: "5m"}, []string{"UIDPLUS", "MOVE"}, move, liars.Say("{tag} NO MOVE not supported " + liars.Words + "\r\n"), 1},
		"BAD":              {actor{}, []string{"UIDPLUS", "MOVE"}, move, liars.Bad(), 2},
		"archive":          {actor{drop: "archive"}, []string{"UIDPLUS", "MOVE"}, move, liars.Say("{tag} BAD Unknown command " + liars.Words + "\r\n"), 1},
		"without UIDPLUS":  {actor{}, []string{"MOVE"}, move, liars.Say("{tag} BAD Unknown command " + liars.Words + "\r\n"), 1},
		"STATUS is simple": {actor{}, store, "HIGHESTMODSEQ", liars.Bad(), 0},
	}
	var actors []*actor
	byName := make(map[string]*actor)
	for name, test := range tests {
		a := test.actor
		a.server = liars.New(t, liars.Options{Caps: test.caps})
		a.server.Lie(liars.Always(test.on, test.lie))
		byName[name], actors = &a, append(actors, &a)
	}
	s := newStage(t, actors)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			a := byName[name]
			for range 2 {
				d := s.login(t, a)
				d.OK("DELE 1")
				if reply, _ := d.command("QUIT", false); !strings.HasPrefix(reply, "+OK") {
					t.Errorf("QUIT: %q", reply)
				}
			}
			others(t, a, 11, 12)
			moves := 0
			for _, c := range a.server.Commands() {
				if strings.HasPrefix(c, move) {
					moves++
				}
			}
			if moves != test.moves {
				t.Errorf("MOVE was said %d times, want %d", moves, test.moves)
			}
			for _, m := range liars.NewMail().Inbox().Messages[:2] {
				a.server.Mail(func(mail *liars.Mail) {
					left := mail.Inbox().Find(m.UID)
					want := 1
					if left != nil && left.Has(`\Deleted`) {
						want = 2 // without UIDPLUS it is struck out
					} else if left != nil {
						t.Errorf("UID %d stays", m.UID)
					}
					if n := mail.Count(m.Text); n != want {
						t.Errorf("UID %d is there %d times, want %d", m.UID, n, want)
					}
				})
			}
			polite(t, a)
		})
	}
	s.AwaitLine(byName["unknown command"].name, "it refuses MOVE")
}
