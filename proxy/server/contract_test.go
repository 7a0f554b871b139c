package server

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"
	"pgregory.net/rapid"

	"popbridge/translate"
)

// request is a command with what has to be known of it to stay in step.
type request struct {
	text    string
	multi   bool     // a positive answer has lines
	answers []string // to challenges
}

var requests = rapid.Custom(func(t *rapid.T) request {
	n := rapid.SampledFrom([]string{"1", "2", "3", "01", "0", "4", "99999999999999999999", "-1", "x", "", "1 2 3"}).Draw(t, "argument")
	encoded := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	return rapid.SampledFrom([]request{
		{text: "STAT"}, {text: "stat "}, {text: "NOOP"}, {text: "RSET"}, {text: "LAST"}, {text: "QUIT"}, {text: "STLS"}, {text: "UTF8"},
		{text: "LIST", multi: true}, {text: "UIDL", multi: true}, {text: "CAPA", multi: true}, {text: "AUTH", multi: true}, {text: "LANG", multi: true},
		{text: "LIST " + n, multi: strings.TrimSpace(n) == ""}, {text: "UIDL " + n, multi: strings.TrimSpace(n) == ""},
		{text: "RETR " + n, multi: true}, {text: "RETR " + n, multi: true}, {text: "DELE " + n}, {text: "DELE " + n}, {text: "TOP " + n + " 1", multi: true}, {text: "TOP " + n, multi: true},
		{text: "USER alice"}, {text: "USER alice"}, {text: "PASS secret"}, {text: "PASS secret"}, {text: "PASS wrong"}, {text: "USER"}, {text: "LANG fr"}, {text: "LANG *"},
		{text: "XYZZY"}, {text: ""}, {text: "a\x00b"}, {text: "a\rb"}, {text: "   "},
		{text: "AUTH PLAIN " + encoded("\x00alice\x00secret")}, {text: "AUTH PLAIN " + encoded("bob\x00alice\x00secret")}, {text: "AUTH PLAIN !"},
		{text: "AUTH PLAIN", answers: []string{encoded("\x00alice\x00secret")}}, {text: "AUTH PLAIN", answers: []string{"*"}}, {text: "AUTH PLAIN", answers: []string{"\x00"}},
		{text: "AUTH LOGIN", answers: []string{encoded("alice"), encoded("secret")}}, {text: "AUTH LOGIN", answers: []string{encoded("alice"), "*"}},
		{text: "AUTH LOGIN =", answers: []string{encoded("secret")}}, {text: "AUTH SCRAM-SHA-1"}, {text: "AUTH SCRAM-SHA-256"}, {text: "APOP alice " + strings.Repeat("0", 32)}, {text: "AUTH EXTERNAL ="},
		{text: "AUTH XOAUTH2", answers: []string{encoded("user=alice\x01auth=Bearer x\x01\x01"), ""}}, {text: "AUTH OAUTHBEARER " + encoded("n,a=alice,\x01auth=Bearer x\x01\x01"), answers: []string{"AQ=="}}, {text: "AUTH PLAIN a b"},
	}).Draw(t, "request")
})

var methods = []string{"OpenMailbox", "OpenPage", "List", "Record", "Intend", "Known", "Apply", "Prepare", "Fetch"}

// Whatever a device says and whatever fails behind it: each command has exactly
// one reply of the right form, no text of an upstream is in any, and deletions
// reach the upstream only before a QUIT that is answered with +OK.
func TestEachCommandHasExactlyOneReply(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newStore("a\r\n", ".\r\n.\r\nb", "")
		addr, stop := serve(t, hclog.NewNullLogger(), s.backend(), configuration())
		d := connect(t, addr)
		defer d.close()
		if rapid.Bool().Draw(t, "logged in") {
			d.logIn()
			d.says("NOOP", "+OK") // an empty line right behind PASS has no reply
		}
		marks, asked, granted := 0, false, false
		for range rapid.IntRange(1, 15).Draw(t, "commands") {
			if rapid.IntRange(0, 3).Draw(t, "fault at 0") == 0 {
				s.fail(rapid.SampledFrom(methods).Draw(t, "method"), rapid.SampledFrom([]error{
					nil, nil, errUpstream, translate.ErrGone, translate.InUse(errUpstream), fmt.Errorf("x: %w", translate.Permanent(errUpstream)),
				}).Draw(t, "fault"))
			}
			r := requests.Draw(t, "request")
			d.send(r.text + "\r\n")
			ok := d.reply(r)
			switch {
			case ok && strings.HasPrefix(r.text, "DELE"):
				marks++
			case ok && r.text == "RSET":
				marks = 0
			}
			if asked = r.text == "QUIT"; asked {
				granted = ok
				break
			}
			if !d.nothingMore(r) {
				break
			}
		}
		d.close()
		stop()
		ops, closed, _ := s.state()
		moved := slices.ContainsFunc(ops, func(op translate.Op) bool { return op.Kind == translate.OpMove })
		if moved && !asked || granted && moved != (marks > 0) {
			t.Fatalf("QUIT sent: %v, answered with +OK: %v, with %d marks; the upstream was told %+v", asked, granted, marks, ops)
		}
		if closed["mailbox"] != s.opened["mailbox"] || closed["page"] < s.opened["page"] {
			t.Fatalf("opened %v, closed %v", s.opened, closed)
		}
	})
}

// reply reads the reply to a command, and reports whether it is positive.
func (d *device) reply(r request) (ok bool) {
	d.Helper()
	line := d.line()
	for _, answer := range r.answers {
		if !strings.HasPrefix(line, "+ ") {
			break
		}
		d.send(answer + "\r\n")
		line = d.line()
	}
	if line != "+OK" && !strings.HasPrefix(line, "+OK ") && !strings.HasPrefix(line, "-ERR ") || strings.Contains(line, "secret trouble") || len(line) > 510 {
		d.Fatalf("%q was answered with %q", r.text, line)
	}
	ok = strings.HasPrefix(line, "+OK")
	if ok && r.multi {
		d.lines()
	}
	return ok
}

// nothingMore reports whether the connection is still open. What comes next has
// to be the answer to another command, which nothing else is answered with.
func (d *device) nothingMore(r request) (open bool) {
	d.Helper()
	if _, err := d.nc.Write([]byte("LANG x-probe\r\n")); err != nil {
		return false
	}
	probe, err := d.r.ReadString('\n')
	if err != nil && probe == "" {
		return false
	}
	if probe != "-ERR that language is not spoken here, only en\r\n" {
		d.Fatalf("%q has a second reply: %q, %v", r.text, probe, err)
	}
	return true
}
