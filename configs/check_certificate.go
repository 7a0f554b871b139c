package configs

import (
	"crypto/rsa"
	"crypto/tls"
	"fmt"
	"os"
	"strings"
	"time"
)

func (r *reading) checkListenerTLS(at string, l Listener) {
	certificate, key := at+".certificate", at+".key"
	if r.wrong[certificate] || r.wrong[key] || r.wrong[at+".certificates"] || r.wrong[at+".tls"] {
		return
	}
	pairs := l.KeyPairs()
	switch {
	case len(pairs) == 0 && l.Key == "":
		if l.TLS != TLSNone {
			r.errorf(certificate, "is missing; tls = %s needs a certificate and its key", l.TLS)
		}
		return
	case l.Certificate != "" && l.Key == "":
		r.errorf(key, "is missing; the certificate needs its private key (where both are in one file, name it twice)")
		return
	case l.Certificate == "" && l.Key != "":
		r.errorf(certificate, "is missing; the key belongs to a certificate")
		return
	}
	if l.TLS == TLSNone {
		r.warnf(at+".tls", "none leaves the certificate unused; write starttls or implicit")
	}
	var good []tls.Certificate
	more := len(pairs) - len(l.Certificates)
	for i, p := range pairs {
		certificateAt, keyAt := certificate, key
		if i >= more {
			certificateAt = fmt.Sprintf("%s.certificates[%d]", at, i-more)
			keyAt = certificateAt
		}
		if pair, ok := r.checkKeyPair(certificateAt, p.Certificate, keyAt, p.Key); ok {
			good = append(good, pair)
		}
	}
	if len(good) == len(pairs) {
		r.checkProfile(at, l, good)
	}
}

// checkProfile looks at what old TLS needs.
func (r *reading) checkProfile(at string, l Listener, pairs []tls.Certificate) {
	key := at + ".tls_profile"
	if l.TLSProfile != TLSLegacy || r.wrong[key] || l.TLS == TLSNone {
		return
	}
	if len(l.Allow) == 0 && !r.wrong[at+".allow"] {
		r.warnf(key, "legacy lets everyone speak a TLS that can be broken; name the networks of the devices that need it in allow, and give the others a listener of their own")
	}
	for _, pair := range pairs {
		if _, ok := pair.Leaf.PublicKey.(*rsa.PublicKey); ok {
			return
		}
	}
	r.warnf(key, "devices that need legacy support only RSA certificates, and there is none; add one to certificates")
}

// checkKeyPair reads a pair. What cannot be used is reported.
func (r *reading) checkKeyPair(certificateAt, certificate, keyAt, key string) (pair tls.Certificate, ok bool) {
	chain, err := os.ReadFile(certificate)
	if err != nil {
		r.errorf(certificateAt, "%s", unreadable(certificate, err))
	}
	private, keyErr := chain, err
	if key != certificate {
		if private, keyErr = os.ReadFile(key); keyErr != nil {
			r.errorf(keyAt, "%s", unreadable(key, keyErr))
		}
	}
	if err != nil || keyErr != nil {
		return pair, false
	}
	r.keptPrivate(keyAt, key)
	if pair, err = tls.X509KeyPair(chain, private); err != nil {
		r.errorf(certificateAt, "%s and the key are not a pair: %s", certificate, strings.TrimPrefix(err.Error(), "tls: "))
		return pair, false
	}
	if end := pair.Leaf.NotAfter; end.Before(time.Now()) {
		r.warnf(certificateAt, "%s expired on %s; devices that check it will not log in", certificate, end.UTC().Format(time.DateOnly))
	}
	return pair, true
}
