package server

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/pop3"
	"popbridge/translate"
)

// TestVerifyLogin: a password is shown to the upstream that knows it, once within its
// reauth, and never to the one that is entered as a master user; an [IN-USE] there is
// a proof, any other refusal is the device's.
func TestVerifyLogin(t *testing.T) {
	for _, test := range []struct {
		name   string
		reauth time.Duration
		says   error
		answer string
		want   []string // upstream and password of each login there, after two of a device
	}{
		{"proved once", time.Hour, nil, "+OK", []string{"old secret", "mail ", "mail "}},
		{"proved each time", 0, nil, "+OK", []string{"old secret", "mail ", "old secret", "mail "}},
		{"in use", 0, translate.InUse(&pop3.ReplyError{Command: "PASS", Code: translate.CodeInUse}), "+OK", []string{"old secret", "mail ", "old secret", "mail "}},
		{"wrong", time.Hour, translate.BadCredentials(errors.New("no")), "-ERR [AUTH]", []string{"old secret", "old secret"}},
		{"away", time.Hour, translate.Temporary(errors.New("gone")), "-ERR [SYS/TEMP]", []string{"old secret", "old secret"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newStore("a\r\n")
			b := s.backend()
			var mu sync.Mutex
			var logins []string
			open := b.OpenMailbox
			b.OpenMailbox = func(ctx context.Context, r backend.Request) (backend.Mailbox, error) {
				mu.Lock()
				logins = append(logins, r.Upstream.Name+" "+r.Password.Reveal())
				mu.Unlock()
				if r.Upstream.Name == "old" && test.says != nil {
					return nil, test.says
				}
				r.Password = configs.NewSecret("secret") // or the fake lets nobody in
				return open(ctx, r)
			}
			cfg := configuration()
			mail := cfg.Upstream["mail"]
			mail.Auth, mail.VerifyLogin = configs.AuthMaster, "old"
			cfg.Upstream["mail"] = mail
			cfg.Upstream["old"] = configs.Upstream{Name: "old", Protocol: configs.ProtocolPOP3, Reauth: test.reauth}
			cfg.Route = []configs.Route{{User: glob(t, "*"), Device: glob(t, "*"), Upstream: "mail", Maildrop: "default"}}
			_, addr := runningWith(t, b, cfg)
			for range 2 {
				d := connect(t, addr)
				d.says("USER alice@example.org", "+OK")
				d.says("PASS secret", test.answer)
				d.close()
			}
			mu.Lock()
			defer mu.Unlock()
			if !slices.Equal(logins, test.want) {
				t.Errorf("the logins are %q, want %q", logins, test.want)
			}
		})
	}
}
