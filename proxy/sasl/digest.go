package sasl

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/rand"
	"encoding/hex"
	"strings"
)

// OfferDigest tells of APOP and CRAM-MD5: only where the operator has asked for them
// (listener.apop). As SCRAM they are announced where no login may come with an
// upstream password.
func OfferDigest(t Terms) (usable, announced bool) {
	if !t.Digests {
		return false, false
	}
	return offerSCRAM(t)
}

// Timestamp makes a challenge that was never there before, in the form of a
// Message-ID (RFC 1939 §7, RFC 2195 §2).
func Timestamp() string { return "<" + rand.Text() + "@popbridge>" }

// Digest is what APOP and CRAM-MD5 send in place of a password.
type Digest struct {
	given []byte
	of    func(password []byte) []byte
}

// Matches reports whether a password has this digest.
func (d *Digest) Matches(password []byte) bool { return hmac.Equal(d.of(password), d.given) }

// APOP reads the arguments of the command (RFC 1939 §7): the digest is MD5 of the
// greeting's timestamp and the password. The name may hold blanks, so the digest is
// what stands behind the last.
func APOP(timestamp, args string) (Credential, error) {
	args = strings.TrimRight(args, " \t")
	i := strings.LastIndexByte(args, ' ')
	if i < 0 || strings.Trim(args[:i], " \t") == "" {
		return Credential{}, syntax("APOP needs a name and a digest")
	}
	return withDigest(strings.Trim(args[:i], " \t"), args[i+1:], func(password []byte) []byte {
		sum := md5.Sum(append([]byte(timestamp), password...))
		return sum[:]
	})
}

// cramMD5 is RFC 2195's CRAM-MD5.
type cramMD5 struct {
	challenge  string
	asked      bool
	credential Credential
}

// Next takes no initial response.
func (x *cramMD5) Next(response []byte) (challenge []byte, done bool, err error) {
	if !x.asked {
		if response != nil {
			return nil, false, syntax("CRAM-MD5 takes no initial response")
		}
		x.asked = true
		return []byte(x.challenge), false, nil
	}
	text := string(response)
	i := strings.LastIndexByte(text, ' ')
	if i <= 0 {
		return nil, false, syntax("CRAM-MD5 needs a name and a digest")
	}
	x.credential, err = withDigest(text[:i], text[i+1:], func(password []byte) []byte {
		mac := hmac.New(md5.New, password)
		mac.Write([]byte(x.challenge))
		return mac.Sum(nil)
	})
	return nil, err == nil, err
}

func (x *cramMD5) Credential() Credential { return x.credential }

// withDigest is a credential by a digest in hexadecimal.
func withDigest(name, hexadecimal string, of func(password []byte) []byte) (Credential, error) {
	given, err := hex.DecodeString(hexadecimal)
	if err != nil || len(given) != md5.Size {
		return Credential{}, syntax("the digest is not 32 hexadecimal digits")
	}
	return Credential{Name: name, Digest: &Digest{given, of}}, nil
}
