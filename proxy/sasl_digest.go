package proxy

import (
	"context"
	"crypto/hmac"
	"crypto/md5"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"strings"

	"popbridge/proxy/pop3"
	"popbridge/translate"
)

// offersDigest: only where the operator has asked for it (listener.apop). As SCRAM
// it is announced where no login may come with an upstream password.
func (s *session) offersDigest() (usable, announced bool) {
	if !s.listener.APOP {
		return false, false
	}
	return s.offersSCRAM()
}

// stamp makes a challenge that was never there before, in the form of a Message-ID
// (RFC 1939 §7, RFC 2195 §2).
func stamp() string { return "<" + rand.Text() + "@popbridge>" }

// greet sends the greeting. A timestamp in it says that APOP may be used.
func (s *session) greet() {
	if usable, _ := s.offersDigest(); !usable {
		s.conn.OK("popbridge ready")
		return
	}
	s.stamp = stamp()
	s.conn.OK("popbridge ready %s", s.stamp)
}

// apop is RFC 1939 §7's APOP: MD5 of the greeting's timestamp and the password. The
// name may hold blanks, so the digest is what stands behind the last.
func (s *session) apop(cmd pop3.Command) error {
	if s.stamp == "" {
		return notOffered("APOP is not offered here")
	}
	args := strings.TrimRight(cmd.Args, " \t")
	i := strings.LastIndexByte(args, ' ')
	if i < 0 || strings.Trim(args[:i], " \t") == "" {
		return usage("APOP needs a name and a digest")
	}
	s.user = ""
	return s.logInDigest(strings.Trim(args[:i], " \t"), args[i+1:], func(password []byte) []byte {
		sum := md5.Sum(append([]byte(s.stamp), password...))
		return sum[:]
	})
}

// authCRAMMD5 is RFC 2195's; it has no initial response.
func (s *session) authCRAMMD5(d dialogue) error {
	if d.initial != nil {
		return usage("CRAM-MD5 takes no initial response")
	}
	challenge := stamp()
	answer, err := d.ask(challenge)
	if err != nil {
		return err
	}
	text := string(answer)
	i := strings.LastIndexByte(text, ' ')
	if i <= 0 {
		return usage("CRAM-MD5 needs a name and a digest")
	}
	return s.logInDigest(text[:i], text[i+1:], func(password []byte) []byte {
		mac := hmac.New(md5.New, password)
		mac.Write([]byte(challenge))
		return mac.Sum(nil)
	})
}

// logInDigest logs in with the readable device password, if there is one, whose
// digest is the one that came.
func (s *session) logInDigest(name, hexadecimal string, digest func(password []byte) []byte) error {
	given, err := hex.DecodeString(hexadecimal)
	if err != nil || len(given) != md5.Size {
		return usage("the digest is not 32 hexadecimal digits")
	}
	ctx, cancel := s.untilLogin()
	defer cancel()
	var shown proof
	switch login, err := s.rules().Parse(name); {
	case err != nil:
		shown.err = translate.BadCredentials(err)
	case s.server.guard.spent(guessLimits(s.config.Limits, s.client), s.client):
		shown.err = translate.Temporary(errAddressGuesses) // the login will say so, without a look
	default:
		shown.password, shown.err = s.digested(ctx, login, given, digest)
	}
	return s.logIn(name, credential{proof: &shown})
}

var errDigest = errors.New("no device password of the account that was made with --apop is that one")

// digested finds the password with a digest.
func (s *session) digested(ctx context.Context, login translate.Login, given []byte, digest func(password []byte) []byte) (found translate.DevicePassword, err error) {
	keys, err := s.server.backend.DevicePasswords.Keyring(ctx, login.Account)
	if err != nil {
		return found, err
	}
	readable, err := s.server.backend.DevicePasswords.ReadableDevicePasswords(ctx, login.Account)
	if err != nil {
		return found, err
	}
	for _, p := range keys.For(login.Device) {
		if password, ok := readable[p.Device]; ok && hmac.Equal(digest(password), given) {
			return p, nil
		}
	}
	return found, translate.BadCredentials(errDigest)
}
