package pop3_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"popbridge/proxy/pop3"
)

// A server may repeat a password in whatever it says: no error and no line of the
// trace has it then.
func TestAServerThatRepeatsThePassword(t *testing.T) {
	for _, secret := range []string{"sesame", "x!"} {
		for name, answers := range map[string][]string{
			"-ERR":    {"+OK\r\n", "-ERR [AUTH] " + secret + " is wrong\r\n"},
			"no POP3": {"+OK\r\n", "what " + secret + "\r\n"},
			"unasked": {"+OK\r\n", "+OK\r\n+OK " + secret + "\r\n"},
			"LIST":    {"+OK\r\n", "+OK\r\n", "+OK\r\n1 " + secret + "\r\n"},
			"number":  {"+OK\r\n", "+OK\r\n", "+OK\r\n" + secret + " 1\r\n"},
			"later":   {"+OK\r\n", "+OK\r\n", "-ERR " + secret + "\r\n", "-ERR no\r\n"},
		} {
			var trace strings.Builder
			w := said(append([]string{"+OK\r\n"}, answers...)...)
			c, err := pop3.NewClient(t.Context(), w, pop3.ClientOptions{Timeout: time.Minute, Trace: func(dir, line string) { trace.WriteString(dir + line + "\n") }})
			if err == nil {
				err = c.Login(t.Context(), "alice", secret)
			}
			if err == nil {
				_, _, err = c.List(t.Context(), false)
			}
			if err == nil || strings.Contains(err.Error()+trace.String(), secret) {
				t.Errorf("%s: %v, trace %q", name, err, trace.String())
			}
		}
	}
	w := said("+OK\r\n", "-ERR YWxpY2UAbWFzdGVyAHNlc2FtZQ== sesame\r\n")
	c, err := pop3.NewClient(t.Context(), w, pop3.ClientOptions{Timeout: time.Minute})
	if err == nil {
		err = c.AuthPlain(t.Context(), "alice", "master", "sesame")
	}
	if err == nil || strings.Contains(err.Error(), "sesame") || strings.Contains(err.Error(), "YWxp") {
		t.Errorf("AUTH PLAIN: %v", err)
	}
}

// What a reply means does not depend on the password.
func TestAPasswordThatIsPartOfAReply(t *testing.T) {
	for _, password := range []string{"O", "+OK", "AUTH", " "} {
		c, _ := greeted(t, "+OK send PASS\r\n", "+OK welcome\r\n")
		if err := c.Login(t.Context(), "alice", password); err != nil {
			t.Errorf("%q: %v", password, err)
		}
		c, _ = greeted(t, "+OK send PASS\r\n", "-ERR [AUTH] no\r\n")
		var refused *pop3.ReplyError
		if err := c.Login(t.Context(), "alice", password); !errors.As(err, &refused) || refused.Code != "AUTH" {
			t.Errorf("%q: %v", password, err)
		}
	}
}

// A server may repeat a token as well, and ask for responses without end.
func TestAServerThatRepeatsTheToken(t *testing.T) {
	for _, answers := range [][]string{
		{"-ERR the token t0p-secret is old\r\n"},
		{"+ dDBwLXNlY3JldA==\r\n", "-ERR t0p-secret\r\n"},
		{"+ \r\n", "+ dDBwLXNlY3JldA==\r\n", "+ dDBwLXNlY3JldA==\r\n", "+ \r\n"},
	} {
		var trace strings.Builder
		w := said(append([]string{"+OK\r\n"}, answers...)...)
		c, err := pop3.NewClient(t.Context(), w, pop3.ClientOptions{Timeout: time.Minute, Trace: func(dir, line string) { trace.WriteString(dir + line + "\n") }})
		if err == nil {
			err = c.AuthToken(t.Context(), "XOAUTH2", "auth=Bearer t0p-secret", "t0p-secret", func([]byte) string { return "" })
		}
		if err == nil || strings.Contains(err.Error()+trace.String(), "t0p-secret") || strings.Contains(trace.String(), "YXV0a") {
			t.Errorf("%q: %v, trace %q", answers, err, trace.String())
		}
	}
}
