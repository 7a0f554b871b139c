package imapbox_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"popbridge/configs"
	"popbridge/tests/liars"
	"popbridge/translate"
)

func TestSCRAMNeedsAProof(t *testing.T) {
	encode := func(text string) string { return "+ " + base64.StdEncoding.EncodeToString([]byte(text)) + "\r\n" }
	// begin answers the first message with a salt and so many iterations.
	begin := func(x *liars.Exchange, iterations int) {
		text, _ := base64.StdEncoding.DecodeString(strings.Fields(x.Command)[2])
		_, nonce, _ := strings.Cut(string(text), ",r=")
		x.Send(encode(fmt.Sprintf("r=%sserver,s=c2FsdHNhbHQ=,i=%d", nonce, iterations)))
	}
	for name, c := range map[string]struct {
		caps, code, says string
		lie              liars.Lie
	}{
		"not announced":      {"X", translate.CodeSysPerm, "does not announce", nil},
		"OK without a word":  {"AUTH=SCRAM-SHA-256", translate.CodeSysPerm, "has not proved", func(x *liars.Exchange) { x.Send(x.Admit()) }},
		"OK without a proof": {"AUTH=SCRAM-SHA-256", translate.CodeSysPerm, "has not proved", func(x *liars.Exchange) { begin(x, 4096); x.Read(); x.Send(x.Admit()) }},
		"a wrong proof": {"AUTH=SCRAM-SHA-256", translate.CodeSysPerm, "has not proved", func(x *liars.Exchange) {
			begin(x, 4096)
			x.Read()
			x.Send(encode("v=AAAA"))
			x.Read()
			x.Send(x.Admit())
		}},
		"too much work":   {"AUTH=SCRAM-SHA-256", translate.CodeSysTemp, "more than 1000000 iterations", func(x *liars.Exchange) { begin(x, 1<<30) }},
		"too little work": {"AUTH=SCRAM-SHA-256", translate.CodeSysTemp, "too few iterations", func(x *liars.Exchange) { begin(x, 1) }},
		"an error": {"AUTH=SCRAM-SHA-256", translate.CodeAuth, "AUTHENTICATIONFAILED", func(x *liars.Exchange) {
			begin(x, 4096)
			x.Read()
			x.Send(encode("e=invalid-proof"))
			x.Read()
			x.Send("{tag} NO [AUTHENTICATIONFAILED] no\r\n")
		}},
		"NO in place of it":   {"AUTH=SCRAM-SHA-256", translate.CodeAuth, "AUTHENTICATIONFAILED", func(x *liars.Exchange) { begin(x, 4096); x.Read(); x.Send("{tag} NO [AUTHENTICATIONFAILED] no\r\n") }},
		"somebody's nonce":    {"AUTH=SCRAM-SHA-256", translate.CodeSysTemp, "nonce", func(x *liars.Exchange) { x.Send(encode("r=other,s=c2FsdA==,i=4096")) }},
		"no SCRAM message":    {"AUTH=SCRAM-SHA-256", translate.CodeSysTemp, "SCRAM", func(x *liars.Exchange) { x.Send(encode("hello")) }},
		"an unreadable count": {"AUTH=SCRAM-SHA-256", translate.CodeSysTemp, "iterations", func(x *liars.Exchange) { x.Send(encode("r=x,s=c2FsdA==,i=99999999999999999999")) }},
	} {
		t.Run(name, func(t *testing.T) {
			s := newAuthSite(t, configs.AuthSCRAM, c.caps)
			if c.lie != nil {
				s.server.Lie(liars.Always("AUTHENTICATE", c.lie))
			}
			code, err := s.answers(s.request("alice", liars.Password))
			if code != c.code || err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), liars.Password) {
				t.Errorf("%q, %v; want %q and %q", code, err, c.code, c.says)
			}
			for _, command := range s.server.Commands() {
				if strings.HasPrefix(command, "SELECT") || strings.Contains(command, liars.Password) {
					t.Errorf("the server was sent %q", command)
				}
			}
		})
	}
	s := newAuthSite(t, configs.AuthSCRAM, "AUTH=SCRAM-SHA-256")
	if code, err := s.answers(s.request("alice", "for\u0007bidden")); code != translate.CodeAuth || strings.Contains(err.Error(), "bidden") {
		t.Errorf("a password that SCRAM does not allow: %q, %v", code, err)
	}
}
