package pop3box_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"popbridge/configs"
	"popbridge/tests/liars"
	"popbridge/translate"
)

// tokens gives its elements one after the other, the last one for ever.
type tokens []string

func (t tokens) Token(_ context.Context, _ configs.Upstream, _ string, refused configs.Secret) (configs.Secret, error) {
	i := slices.Index(t, refused.Reveal()) + 1
	return configs.NewSecret(t[min(i, len(t)-1)]), nil
}

const whyRefused = `{"status":"401","schemes":"bearer"}`

// TestAnOldServerAndTokens shows popbridge's token by the mechanism that there is, in
// the command or behind it, and another one where the first is no longer wanted.
func TestAnOldServerAndTokens(t *testing.T) {
	long := strings.Repeat("x", 300)
	why := "+ " + base64.StdEncoding.EncodeToString([]byte(whyRefused)) + "\r\n"
	for name, c := range map[string]struct {
		caps      string // its SASL mechanisms; empty: it knows no CAPA
		mechanism configs.Mechanism
		tokens    tokens
		bearer    string // the device's own
		says      []string
		sent      []string // in clear
		code      string
	}{
		"XOAUTH2":     {"PLAIN XOAUTH2", 0, tokens{"good"}, "", []string{"+OK\r\n"}, []string{"AUTH XOAUTH2 user=alice\x01auth=Bearer good\x01\x01"}, ""},
		"no CAPA":     {"", 0, tokens{"good"}, "", []string{"+OK\r\n"}, []string{"AUTH XOAUTH2 user=alice\x01auth=Bearer good\x01\x01"}, ""},
		"OAUTHBEARER": {"OAUTHBEARER", 0, tokens{"good"}, "", []string{"+OK\r\n"}, []string{"AUTH OAUTHBEARER n,a=alice,\x01host=HOST\x01port=PORT\x01auth=Bearer good\x01\x01"}, ""},
		"long":        {"XOAUTH2", 0, tokens{long}, "", []string{"+ \r\n", "+OK\r\n"}, []string{"AUTH XOAUTH2", "user=alice\x01auth=Bearer " + long + "\x01\x01"}, ""},
		"stale": {"XOAUTH2", 0, tokens{"stale", "good"}, "", []string{why, "-ERR [AUTH] no\r\n", "+OK\r\n"},
			[]string{"AUTH XOAUTH2 user=alice\x01auth=Bearer stale\x01\x01", "", "AUTH XOAUTH2 user=alice\x01auth=Bearer good\x01\x01"}, ""},
		"refused": {"OAUTHBEARER", configs.MechanismOAuthBearer, tokens{"bad"}, "", []string{why, "-ERR [AUTH] no\r\n"},
			[]string{"AUTH OAUTHBEARER n,a=alice,\x01host=HOST\x01port=PORT\x01auth=Bearer bad\x01\x01", "\x01"}, translate.CodeSysPerm},
		"refused at once":    {"XOAUTH2", 0, tokens{"bad"}, "", []string{"-ERR no\r\n"}, []string{"AUTH XOAUTH2 user=alice\x01auth=Bearer bad\x01\x01"}, translate.CodeSysPerm},
		"not announced":      {"PLAIN", 0, tokens{"good"}, "", nil, nil, translate.CodeSysPerm},
		"a device's":         {"XOAUTH2", 0, nil, "own", []string{"+OK\r\n"}, []string{"AUTH XOAUTH2 user=alice\x01auth=Bearer own\x01\x01"}, ""},
		"a device's, bad":    {"XOAUTH2", 0, nil, "own", []string{why, "-ERR no\r\n"}, []string{"AUTH XOAUTH2 user=alice\x01auth=Bearer own\x01\x01", ""}, translate.CodeAuth},
		"a device's, nobody": {"PLAIN", 0, nil, "own", nil, nil, translate.CodeAuth},
	} {
		t.Run(name, func(t *testing.T) {
			var o liars.OldOptions
			if c.caps != "" {
				o.Caps = append([]string{"SASL " + c.caps}, allCaps...)
			}
			s := newSite(t, o)
			answered := 0
			for _, say := range c.says {
				verb := "AUTH"
				if answered > 0 && !strings.HasPrefix(c.sent[answered], "AUTH ") {
					verb = strings.ToUpper(base64.StdEncoding.EncodeToString([]byte(c.sent[answered])))
				}
				s.server.Lie(liars.OldLie{Verb: verb, Say: say, Times: 1})
				answered++
			}
			s.pool.Authorize(c.tokens)
			s.old.Auth, s.old.OAuth2.Mechanism = configs.AuthOAuth2, c.mechanism
			req := s.request("")
			req.Bearer = configs.NewSecret(c.bearer)
			m, err := s.pool.Open(s.ctx, req)
			if err == nil {
				_ = m.Close()
			}
			if c.code != "" && !refused(err, c.code) || c.code == "" && err != nil {
				t.Errorf("%v", err)
			}
			if strings.Contains(fmt.Sprint(c.says), why) && c.code != "" && !strings.Contains(fmt.Sprint(err), `"401"`) {
				t.Errorf("%v does not say why", err)
			}
			host, port, _ := strings.Cut(s.server.Address(), ":")
			var want []string
			for _, text := range c.sent {
				want = append(want, strings.NewReplacer("HOST", host, "PORT", port).Replace(text))
			}
			if sent := inClear(s.server.Commands()); !slices.Equal(sent, want) {
				t.Errorf("sent %q, want %q", sent, want)
			}
		})
	}
}

// inClear gives what was sent to log in, with the responses read.
func inClear(commands []string) (sent []string) {
	for _, line := range commands {
		if line == "CAPA" || line == "QUIT" {
			continue
		}
		words := strings.Split(line, " ")
		last := &words[len(words)-1]
		if text, err := base64.StdEncoding.DecodeString(*last); err == nil {
			*last = string(text)
		}
		sent = append(sent, strings.Join(words, " "))
	}
	return sent
}

// TestNobodyElseChecksAtAnOldServer: with tokens of our own no password of a device can
// be shown to anybody.
func TestNobodyElseChecksAtAnOldServer(t *testing.T) {
	s := newSite(t, liars.OldOptions{Caps: append([]string{"SASL XOAUTH2"}, allCaps...)})
	s.pool.Authorize(tokens{"good"})
	s.old.Auth = configs.AuthOAuth2
	if _, err := s.pool.Open(s.ctx, s.request(liars.Password)); !refused(err, translate.CodeAuth) || len(inClear(s.server.Commands())) > 0 {
		t.Errorf("%v, sent %q", err, s.server.Commands())
	}
}
