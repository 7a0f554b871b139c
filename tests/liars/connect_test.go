package liars_test

import (
	"crypto/tls"
	"strings"
	"testing"

	"popbridge/tests/liars"
)

// TestGreeting: what may happen between the connection and the end of the login
// upstream.
func TestGreeting(t *testing.T) {
	greet := func(do liars.Lie) []liars.Rule { return []liars.Rule{liars.Always(liars.Greeting, do)} }
	at := func(command string, do liars.Lie) []liars.Rule { return []liars.Rule{liars.Always(command, do)} }
	slow := func() actor { return actor{timeout: "2s"} }
	// quiet logs in without a word about capabilities, so that they are asked for.
	quiet := liars.Edit(func(a string) string {
		before, said, _ := strings.Cut(a, "[CAPABILITY ")
		_, behind, _ := strings.Cut(said, "] ")
		return before + behind
	})
	play(t, []fault{
		{name: "unreachable", actor: actor{address: "127.0.0.1:1"}, login: temp, log: "cannot be reached", lasting: true},
		{name: "silent greeting", actor: slow(), rules: greet(liars.Stall("")), login: temp, log: "did not greet"},
		{name: "half a greeting", actor: slow(), rules: greet(liars.Stall("* OK rea")), login: temp, log: "did not greet"},
		{name: "BYE as a greeting", rules: greet(liars.Bye()), login: temp, log: "BYE"},
		{name: "closed at once", rules: greet(liars.Die()), login: temp, log: "did not greet"},
		{name: "cut in the greeting", rules: greet(liars.CutAt(9)), login: temp, log: "did not greet"},
		{name: "SMTP answers", rules: greet(liars.Say("220 " + liars.Words + " ESMTP\r\n")), login: temp, log: "did not greet"},
		{name: "HTTP answers", rules: greet(liars.Say("HTTP/1.1 400 " + liars.Words + "\r\n\r\n")), login: temp, log: "did not greet"},
		{name: "an endless line greets", rules: greet(liars.Flood("* OK" + liars.Words)), login: temp, log: "did not greet"},
		{name: "PREAUTH", rules: greet(liars.Say("* PREAUTH " + liars.Words + "\r\n")), login: perm, log: "PREAUTH"},
		{name: "slow greeting", rules: greet(liars.Drip()), then: "C: RETR 1\nS: +OK…\nS: Message-ID: <11@x.test>\nS: Subject: message 1"},

		{name: "LOGINDISABLED", rules: greet(liars.Swap("AUTH=PLAIN", "LOGINDISABLED")), login: perm, log: "takes no password"},
		{name: "LOGIN where PLAIN is not announced", rules: greet(liars.Swap("AUTH=PLAIN", "X")), then: "C: STAT\nS: +OK 4 …"},
		{name: "no SASL-IR", rules: greet(liars.Swap("SASL-IR", "X")), then: "C: STAT\nS: +OK 4 …"},
		{name: "no capabilities at all", rules: append(greet(liars.Say("* OK hello\r\n")), liars.Always("CAPABILITY", liars.Say("{tag} OK nothing\r\n"))), login: temp, log: "without capabilities"},
		{name: "CAPABILITY refused", rules: append(greet(liars.Say("* OK hello\r\n")), liars.Always("CAPABILITY", liars.No(""))), login: temp, log: "NO"},
		{name: "CAPABILITY refused behind the login", rules: []liars.Rule{liars.Always("AUTHENTICATE", quiet), liars.Always("CAPABILITY", liars.No(""))}, then: "C: STAT\nS: +OK 4 …"},
		{name: "CAPABILITY unknown behind the login", rules: []liars.Rule{liars.Always("AUTHENTICATE", quiet), liars.Always("CAPABILITY", liars.Say("{tag} BAD what?\r\n"))}, then: "C: STAT\nS: +OK 4 …"},
		{name: "no capabilities behind the login", rules: []liars.Rule{liars.Always("AUTHENTICATE", quiet), liars.Always("CAPABILITY", liars.Say("{tag} OK nothing\r\n"))}, then: "C: STAT\nS: +OK 4 …"},

		{name: "BYE at login", rules: at("AUTHENTICATE", liars.Bye()), login: temp, log: "BYE"},
		{name: "dies at login", rules: at("AUTHENTICATE", liars.Die()), login: temp},
		{name: "dies in the answer to the login", rules: at("AUTHENTICATE", liars.CutAt(6)), login: temp},
		{name: "silent at login", actor: slow(), rules: at("AUTHENTICATE", liars.Stall("")), login: temp, log: "no octet"},
		{name: "answers another command", rules: at("AUTHENTICATE", liars.Say("A999 OK "+liars.Words+"\r\n")), login: temp, log: "not in flight"},
		{name: "untagged OK is no login", actor: slow(), rules: at("AUTHENTICATE", liars.Stall("* OK logged in\r\n")), login: temp},
		{name: "asks for more after PLAIN", rules: at("AUTHENTICATE", liars.Say("+ bW9yZQ==\r\n")), login: temp},
		{name: "a challenge that is not base64", rules: at("AUTHENTICATE", liars.Say("+ %%%"+liars.Words+"\r\n")), login: temp},
		{name: "a flood of challenges", rules: at("AUTHENTICATE", liars.Flood("+ \r\n")), login: temp},
		{name: "control octets in a refusal", rules: at("AUTHENTICATE", liars.No("\x1b[2J\x07\r bell")), login: temp},
		{name: "two lines in a refusal", rules: at("AUTHENTICATE", liars.Say("{tag} NO no\r\n+OK "+liars.Words+"\r\n")), login: auth},
		{name: "an alert", rules: at("AUTHENTICATE", liars.Before("* OK [ALERT] "+liars.Words+"\r\n")), then: "C: NOOP\nS: +OK", log: "the upstream says"},
	})
}

// TestTLS: a password goes to nobody who has not proved its name.
func TestTLS(t *testing.T) {
	good, goodCA := selfSigned(t, "127.0.0.1", -1, 1)
	other, otherCA := selfSigned(t, "imap.example.org", -1, 1)
	expired, expiredCA := selfSigned(t, "127.0.0.1", -3, -1)
	early, earlyCA := selfSigned(t, "127.0.0.1", 1, 3)
	old := good.Clone()
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	both := func(name string, config *tls.Config, ca, login, log string) []fault {
		return []fault{
			{name: name + ", implicit", actor: actor{tls: "implicit", caFile: ca}, o: liars.Options{TLS: config, Implicit: true}, login: login, log: log, lasting: login != ""},
			{name: name + ", STARTTLS", actor: actor{tls: "starttls", caFile: ca}, o: liars.Options{TLS: config}, login: login, log: log, lasting: login != ""},
		}
	}
	faults := both("good", good, goodCA, "", "")
	faults = append(faults, both("unknown authority", good, "", perm, "not trusted")...)
	faults = append(faults, both("another host's", other, otherCA, perm, "another name")...)
	faults = append(faults, both("expired", expired, expiredCA, perm, "expired")...)
	faults = append(faults, both("not yet valid", early, earlyCA, perm, "not yet valid")...)
	faults = append(faults, both("TLS 1.1 only", old, goodCA, temp, "TLS")...)
	start := func(name, login, log string, o liars.Options, rules ...liars.Rule) {
		faults = append(faults, fault{name: name, actor: actor{tls: "starttls", caFile: goodCA, timeout: "3s"}, o: o, rules: rules, login: login, log: log, lasting: true})
	}
	o := liars.Options{TLS: good}
	start("STARTTLS is not offered", perm, "does not offer STARTTLS", liars.Options{})
	start("STARTTLS is stripped from the greeting", perm, "does not offer STARTTLS", o, liars.Always(liars.Greeting, liars.Swap(" STARTTLS", "")))
	start("STARTTLS is refused", perm, "refuses STARTTLS", o, liars.Always("STARTTLS", liars.No("")))
	start("STARTTLS is called wrong", perm, "refuses STARTTLS", o, liars.Always("STARTTLS", liars.Bad()))
	start("PREAUTH before STARTTLS", perm, "PREAUTH", o, liars.Always(liars.Greeting, liars.Say("* PREAUTH ["+"CAPABILITY IMAP4rev1 STARTTLS] "+liars.Words+"\r\n")))
	start("plain text behind the OK to STARTTLS", temp, "plaintext behind", o, liars.Always("STARTTLS", liars.Behind("* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nA2 OK "+liars.Words+"\r\n")))
	start("an end of line behind the OK to STARTTLS", temp, "plaintext behind", o, liars.Always("STARTTLS", liars.Behind("\r\n")))
	start("no TLS behind the OK to STARTTLS", temp, "TLS", o, liars.Always("STARTTLS", liars.Say("{tag} OK go\r\n")))
	start("dies at STARTTLS", temp, "TLS", o, liars.Always("STARTTLS", liars.Die()))
	faults = append(faults, fault{name: "no TLS where it is implicit", actor: actor{tls: "implicit"}, login: perm, log: "TLS", lasting: true})
	play(t, faults)
	for i := range faults {
		f := &faults[i]
		if f.login == "" {
			continue
		}
		for _, command := range f.server.Commands() {
			if strings.Contains(command, "LOGIN") || strings.Contains(command, "AUTHENTICATE") || strings.Contains(command, liars.Password) {
				t.Errorf("%s: the upstream was sent %.30q", f.name, command)
			}
		}
	}
}
