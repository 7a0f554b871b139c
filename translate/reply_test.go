package translate_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
	"pgregory.net/rapid"

	"popbridge/translate"
)

func TestALoginIsRefusedByItsCode(t *testing.T) {
	for code, want := range map[imap.ResponseCode]string{
		imap.ResponseCodeAuthenticationFailed: translate.CodeAuth,
		imap.ResponseCodeAuthorizationFailed:  translate.CodeAuth,
		imap.ResponseCodeExpired:              translate.CodeAuth,
		"authenticationFailed":                translate.CodeAuth,
		"":                                    translate.CodeAuth,
		"X-UNHEARD-OF":                        translate.CodeAuth,
		imap.ResponseCodeContactAdmin:         translate.CodeSysPerm,
		imap.ResponseCodeNoPerm:               translate.CodeSysPerm,
		imap.ResponseCodeCannot:               translate.CodeSysPerm,
		imap.ResponseCodePrivacyRequired:      translate.CodeSysPerm,
		imap.ResponseCodeUnavailable:          translate.CodeSysTemp,
		imap.ResponseCodeInUse:                translate.CodeSysTemp,
		imap.ResponseCodeLimit:                translate.CodeSysTemp,
		imap.ResponseCodeServerBug:            translate.CodeSysTemp,
		"Throttled":                           translate.CodeSysTemp,
	} {
		if got := translate.RefuseLogin(code, "LOGIN failed", false, nil).Code; got != want {
			t.Errorf("[%s]: [%s], want [%s]", code, got, want)
		}
	}
	for code, want := range map[imap.ResponseCode]string{"": translate.CodeSysTemp, imap.ResponseCodeAuthenticationFailed: translate.CodeAuth} {
		if got := translate.RefuseLogin(code, "LOGIN failed", true, nil).Code; got != want {
			t.Errorf("[%s] to a credential that worked today: [%s], want [%s]", code, got, want)
		}
	}
}

// A device that is told [AUTH] asks its owner for a password; one that is told
// [SYS/TEMP] tries a wrong one for ever.
func TestALoginIsRefusedByItsText(t *testing.T) {
	for text, want := range map[string]string{
		"User is authenticated but not connected.":                         translate.CodeSysTemp,
		"Too many simultaneous connections. (Failure)":                     translate.CodeSysTemp,
		"[THROTTLED] Rate":                                                 translate.CodeSysTemp,
		"Maximum number of connections from user+IP exceeded":              translate.CodeSysTemp,
		"Rate limit hit":                                                   translate.CodeSysTemp,
		"Server busy, try again later":                                     translate.CodeSysTemp,
		"Temporary authentication failure.":                                translate.CodeSysTemp,
		"Invalid credentials (Failure)":                                    translate.CodeAuth,
		"Authentication failed. Please try again.":                         translate.CodeAuth,
		"Login incorrect, check your user name and password and try again": translate.CodeAuth,
		"Logon failure: unknown user name or bad password":                 translate.CodeAuth,
		"Too many login failures, please try again later":                  translate.CodeSysTemp,
	} {
		for _, code := range []imap.ResponseCode{"", imap.ResponseCodeAuthenticationFailed} {
			if got := translate.RefuseLogin(code, text, false, nil).Code; got != want {
				t.Errorf("[%s] %q: [%s], want [%s]", code, text, got, want)
			}
		}
	}
}

func TestACommandIsRefused(t *testing.T) {
	for code, want := range map[imap.ResponseCode]string{
		"noperm":                              translate.CodeSysPerm,
		imap.ResponseCodeContactAdmin:         translate.CodeSysPerm,
		imap.ResponseCodeOverQuota:            translate.CodeSysTemp,
		imap.ResponseCodeAuthenticationFailed: translate.CodeSysTemp,
		"":                                    translate.CodeSysTemp,
	} {
		if got := translate.RefuseCommand(code, nil).Code; got != want {
			t.Errorf("[%s]: [%s], want [%s]", code, got, want)
		}
	}
}

// The text of an upstream, or of any error, stays in the log.
func TestNoUpstreamTextReachesADevice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := "secret of the upstream " + rapid.String().Draw(t, "text")
		code := imap.ResponseCode(rapid.SampledFrom([]string{"", "AUTHENTICATIONFAILED", "LIMIT", "NOPERM", text}).Draw(t, "code"))
		err := errors.New(text)
		for _, r := range []*translate.Refusal{
			translate.RefuseLogin(code, text, rapid.Bool().Draw(t, "recent"), err), translate.RefuseCommand(code, err), translate.Refuse(err),
			translate.Temporary(err), translate.Permanent(err), translate.BadCredentials(err), translate.InUse(err),
			translate.Refuse(fmt.Errorf("%w: %w", err, translate.ErrGone)),
		} {
			if strings.Contains(r.Text, "secret") || strings.Contains(r.Code, "secret") || strings.ContainsFunc(r.Text, func(c rune) bool { return c < 0x20 || c > 0x7E }) {
				t.Fatalf("[%s] %s", r.Code, r.Text)
			}
			if !errors.Is(r, err) || !strings.Contains(r.Error(), text) {
				t.Fatalf("%q is not in the log's %q", text, r)
			}
		}
	})
}

func TestRefuse(t *testing.T) {
	own := translate.InUse(nil)
	if got := translate.Refuse(fmt.Errorf("opening the page: %w", own)); got != own {
		t.Errorf("a wrapped refusal became %v", got)
	}
	if got := translate.Refuse(translate.ErrGone); got.Code != "" || got.Text != "message is no longer there" {
		t.Errorf("a message that is gone: [%s] %s", got.Code, got.Text)
	}
	if got := translate.Refuse(errors.New("whatever")); got.Code != translate.CodeSysTemp {
		t.Errorf("an unknown error: [%s] %s", got.Code, got.Text)
	}
	if got := own.Error(); got != "maildrop is in use by another session" {
		t.Errorf("a refusal without a cause reads %q", got)
	}
}
