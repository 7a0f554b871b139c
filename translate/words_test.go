package translate_test

import (
	"testing"

	"github.com/emersion/go-imap/v2"

	"popbridge/translate"
)

// TestWordsThatAreNotOfThePassword: what servers say to a way to log in that they do
// not take, or of an account that may not use IMAP, is never [AUTH]; what they say of a
// password is.
func TestWordsThatAreNotOfThePassword(t *testing.T) {
	for text, want := range map[string]string{
		"invalid SASL mechanism":                                    translate.CodeSysPerm,
		"Unrecognized authentication type":                          translate.CodeSysPerm,
		"Bad SASL method":                                           translate.CodeSysPerm,
		"AUTHENTICATE PLAIN not supported":                          translate.CodeSysPerm,
		"PLAIN is disabled on this server":                          translate.CodeSysPerm,
		"authentication method PLAIN is not available":              translate.CodeSysPerm,
		"This authentication method is disabled":                    translate.CodeSysPerm,
		"Wrong mechanism":                                           translate.CodeSysPerm,
		"Authentication mechanism requires encryption":              translate.CodeSysPerm,
		"Unknown authentication method":                             translate.CodeSysPerm,
		"auth type unsupported":                                     translate.CodeSysPerm,
		"Illegal authentication mechanism":                          translate.CodeSysPerm,
		"Command unrecognized":                                      translate.CodeSysPerm,
		"AUTH=PLAIN not allowed":                                    translate.CodeSysPerm,
		"Not supported":                                             translate.CodeSysPerm,
		"AUTHENTICATE is disabled":                                  translate.CodeSysPerm,
		"Basic authentication is disabled.":                         translate.CodeSysPerm,
		"Your account is not enabled for IMAP use (Failure)":        translate.CodeSysPerm,
		"IMAP access is disabled for your domain.":                  translate.CodeSysPerm,
		"You are yet to enable IMAP for your account.":              translate.CodeSysPerm,
		"AUTHENTICATE invalid credentials or IMAP is disabled":      translate.CodeAuth,
		"AUTHENTICATE failed.":                                      translate.CodeAuth,
		"AUTHENTICATE failure: invalid user or password":            translate.CodeAuth,
		"Invalid login or password":                                 translate.CodeAuth,
		"LOGIN authentication failure":                              translate.CodeAuth,
		"[ALERT] Application-specific password required":            translate.CodeAuth,
		"Authentication failed (bad password or account disabled).": translate.CodeAuth,
		"plain password mismatch":                                   translate.CodeAuth,
		"bad username or password":                                  translate.CodeAuth,
	} {
		if got := translate.RefuseLogin("", text, false, nil).Code; got != want {
			t.Errorf("%q: [%s], want [%s]", text, got, want)
		}
	}
	for _, code := range []imap.ResponseCode{imap.ResponseCodeClientBug, "BADCHARSET"} {
		if got := translate.RefuseLogin(code, "no", false, nil).Code; got != translate.CodeSysPerm {
			t.Errorf("%s: [%s]", code, got)
		}
	}
}

// TestNoRoomThatPasses: what is refused for a limit that passes is no full mailbox,
// since what Trash has no room for may be removed for good.
func TestNoRoomThatPasses(t *testing.T) {
	for text, want := range map[string]bool{
		"Account exceeded command or bandwidth limits. (Failure)": false, // Gmail says [OVERQUOTA] to this
		"Quota exceeded, try again later":                         false,
		"Quota exceeded (mailbox for user is full)":               true,
	} {
		if got := translate.Full(imap.ResponseCodeOverQuota, text); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

// TestNoRoomInWords: servers without OVERQUOTA say in words that an account is full.
func TestNoRoomInWords(t *testing.T) {
	for text, want := range map[string]bool{
		"Over quota":                                          true,
		"You exceeded your mail quota.":                       true,
		"Not enough disk quota (MM/LP/JS)":                    true,
		"APPEND The 1500 MB storage limit has been exceeded.": true,
		"Mailbox size limit exceeded":                         true,
		"Insufficient storage space":                          true,
		"User is over the limit":                              true,
		"mailbox full":                                        true,
		"The mailbox has exceeded its storage limit":          true,
		"Mailbox exceeds the maximum size":                    true,
		"Not enough space in mailbox":                         true,
		"The account is out of storage":                       true,
		"Trash is full":                                       true,
		"Message size exceeds fixed limit":                    false,
		"Message is too large for this mailbox":               false,
		"Too many messages, limit exceeded":                   false,
		"No space left on device":                             false,
		"Insufficient system storage":                         false,
		"The user's connection limit exceeded":                false,
		"Request limit exceeded for account":                  false,
		"mailbox is locked":                                   false,
		"storage backend error":                               false,
		"user unknown":                                        false,
	} {
		for _, code := range []imap.ResponseCode{"", imap.ResponseCodeAlert, imap.ResponseCodeLimit} {
			if got := translate.Full(code, text); got != want {
				t.Errorf("[%s] %q: %v, want %v", code, text, got, want)
			}
		}
		if translate.Full(imap.ResponseCodeServerBug, text) {
			t.Errorf("[SERVERBUG] %q is taken for a full account", text)
		}
	}
}
