package public_test

import (
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"popbridge/tests/bridge"
)

// profiles is popbridge with a listener of each profile, which show an RSA and an
// ECDSA certificate.
func profiles(t *testing.T) *bridge.Bridge {
	t.Helper()
	dir := t.TempDir()
	old, modern := filepath.Join(dir, "rsa.pem"), filepath.Join(dir, "ec.pem")
	put(t, old, certify(t, "localhost", rsaKey))
	put(t, modern, certify(t, "localhost", ecKey))
	return bridge.Start(t, fmt.Sprintf(`listener:
  modern: {address: "127.0.0.1:0", tls: implicit, certificates: [%[1]q, %[2]q]}
  legacy: {address: "127.0.0.1:0", tls: implicit, tls_profile: legacy, allow: [127.0.0.0/8], certificates: [%[1]q, %[2]q]}
  stls: {address: "127.0.0.1:0", tls_profile: legacy, allow: [127.0.0.0/8], certificates: [%[2]q]}
upstream:
  mail: {address: "127.0.0.1:1", tls: none}
state: {driver: memory}
`, modern, old))
}

// TestProfiles: each version and family of ciphers that crypto/tls has, to both
// profiles.
func TestProfiles(t *testing.T) {
	t.Parallel()
	b := profiles(t)
	for _, offer := range []struct {
		name           string
		least, most    uint16
		suites         []uint16
		modern, legacy bool
	}{
		{"TLS 1.3", tls.VersionTLS13, tls.VersionTLS13, nil, true, true},
		{"TLS 1.2, ECDHE and GCM", tls.VersionTLS12, tls.VersionTLS12, []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}, true, true},
		{"TLS 1.2, ECDSA", tls.VersionTLS12, tls.VersionTLS12, []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384}, true, true},
		{"TLS 1.2, ChaCha20", tls.VersionTLS12, tls.VersionTLS12, []uint16{tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256}, true, true},
		{"TLS 1.2, ECDHE and CBC", tls.VersionTLS12, tls.VersionTLS12, []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA}, false, true},
		{"TLS 1.2, RSA and GCM", tls.VersionTLS12, tls.VersionTLS12, []uint16{tls.TLS_RSA_WITH_AES_128_GCM_SHA256}, false, true},
		{"TLS 1.2, RSA and CBC", tls.VersionTLS12, tls.VersionTLS12, []uint16{tls.TLS_RSA_WITH_AES_256_CBC_SHA}, false, true},
		{"TLS 1.2, RSA and 3DES", tls.VersionTLS12, tls.VersionTLS12, []uint16{tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA}, false, true},
		{"TLS 1.2, RC4", tls.VersionTLS12, tls.VersionTLS12, []uint16{tls.TLS_RSA_WITH_RC4_128_SHA, tls.TLS_ECDHE_RSA_WITH_RC4_128_SHA}, false, false},
		{"TLS 1.1, ECDHE", tls.VersionTLS11, tls.VersionTLS11, []uint16{tls.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA}, false, true},
		{"TLS 1.1, RSA", tls.VersionTLS11, tls.VersionTLS11, []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA}, false, true},
		{"TLS 1.0, ECDHE", tls.VersionTLS10, tls.VersionTLS10, []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA}, false, true},
		{"TLS 1.0, ECDHE and 3DES", tls.VersionTLS10, tls.VersionTLS10, []uint16{tls.TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA}, false, true},
		{"TLS 1.0, RSA", tls.VersionTLS10, tls.VersionTLS10, []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA}, false, true},
		{"TLS 1.0, RSA and 3DES", tls.VersionTLS10, tls.VersionTLS10, []uint16{tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA}, false, true},
	} {
		for listener, wanted := range map[string]bool{"modern": offer.modern, "legacy": offer.legacy} {
			nc := bridge.Connect(t, "127.0.0.1", b.Address(listener))
			tc := tls.Client(nc, &tls.Config{InsecureSkipVerify: true, MinVersion: offer.least, MaxVersion: offer.most, CipherSuites: offer.suites})
			if err := tc.Handshake(); (err == nil) != wanted {
				t.Errorf("%s to %s: %v", offer.name, listener, err)
			} else if err == nil {
				c := bridge.Use(t, tc)
				c.Expect("+OK")
				c.Quit()
			}
			_ = nc.Close()
		}
	}
}

// TestProfilesWithOpenSSL: the same with what old devices have in common with
// OpenSSL, which Debian lets speak TLS 1.0 at security level 0; at once and by
// STLS.
func TestProfilesWithOpenSSL(t *testing.T) {
	t.Parallel()
	b := profiles(t)
	for _, offer := range []struct {
		flags          string
		modern, legacy bool
	}{
		{"-tls1_3", true, true},
		{"-tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0", true, true},
		{"-tls1_2 -cipher AES128-SHA:@SECLEVEL=0", false, true},
		{"-tls1_2 -cipher AES256-GCM-SHA384:@SECLEVEL=0", false, true},
		{"-tls1_2 -cipher ECDHE-RSA-AES256-SHA:@SECLEVEL=0", false, true},
		{"-tls1_2 -cipher DHE-RSA-AES128-SHA:@SECLEVEL=0", false, false},
		{"-tls1_1 -cipher ECDHE-RSA-AES128-SHA:@SECLEVEL=0", false, true},
		{"-tls1_1 -cipher AES256-SHA:@SECLEVEL=0", false, true},
		{"-tls1 -cipher ECDHE-RSA-AES128-SHA:@SECLEVEL=0", false, true},
		{"-tls1 -cipher AES128-SHA:@SECLEVEL=0", false, true},
		{"-tls1 -cipher DHE-RSA-AES256-SHA:@SECLEVEL=0", false, false},
	} {
		for listener, wanted := range map[string]bool{"modern": offer.modern, "legacy": offer.legacy, "stls": offer.legacy} {
			args := append(strings.Fields("s_client -quiet -connect "+b.Address(listener)), strings.Fields(offer.flags)...)
			if listener == "stls" {
				args = append(args, "-starttls", "pop3")
			}
			cmd := exec.Command("openssl", args...)
			// -quiet keeps the connection open at the end of the input, until QUIT is answered.
			cmd.Stdin = strings.NewReader("CAPA\r\nQUIT\r\n")
			out, _ := cmd.CombinedOutput()
			if got := strings.Contains(string(out), "+OK bye"); got != wanted {
				t.Errorf("openssl s_client %s to %s: spoken %v, want %v:\n%s", offer.flags, listener, got, wanted, out)
			}
		}
	}
}

// shown is the common name of the certificate that a listener shows.
func shown(t testing.TB, b *bridge.Bridge, name string) string {
	t.Helper()
	nc := bridge.Connect(t, "127.0.0.1", b.Address("tls"))
	defer nc.Close()
	tc := tls.Client(nc, &tls.Config{InsecureSkipVerify: true, ServerName: name})
	if err := tc.Handshake(); err != nil {
		t.Fatal(err)
	}
	leaf := tc.ConnectionState().PeerCertificates[0]
	return leaf.Subject.CommonName + " " + leaf.SerialNumber.String()
}

// TestCertificatesAreRenewed: by name each device gets its certificate; a new one
// is shown when its file has changed, and a half-written one never; sessions that
// are open stay.
func TestCertificatesAreRenewed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	one, two := filepath.Join(dir, "one.pem"), filepath.Join(dir, "two.pem")
	put(t, one, certify(t, "one.example", ecKey))
	put(t, two, certify(t, "two.example", rsaKey))
	b := bridge.Start(t, fmt.Sprintf(`listener:
  tls: {address: "127.0.0.1:0", tls: implicit, certificates: [%q, %q]}
upstream:
  mail: {address: "127.0.0.1:1", tls: none}
limits: {login_timeout: 5m}
state: {driver: memory}
`, one, two))
	nc := net.Conn(bridge.Connect(t, "127.0.0.1", b.Address("tls")))
	open := bridge.Use(t, tls.Client(nc, &tls.Config{InsecureSkipVerify: true}))
	open.Expect("+OK")
	first := shown(t, b, "one.example")
	for name, want := range map[string]string{"one.example": "one.example", "two.example": "two.example", "other.example": "one.example"} {
		if got := shown(t, b, name); !strings.HasPrefix(got, want+" ") {
			t.Errorf("whoever asks for %s is shown %s", name, got)
		}
	}
	renewed := certify(t, "one.example", ecKey)
	put(t, one, renewed[:len(renewed)/2])
	b.AwaitLine("certificate", "cannot be used", "stays in use")
	if got := shown(t, b, "one.example"); got != first {
		t.Errorf("while the file is half written %s is shown, before %s", got, first)
	}
	put(t, one, renewed)
	b.AwaitLine("certificates were read again", one)
	if got := shown(t, b, "one.example"); got == first || !strings.HasPrefix(got, "one.example ") {
		t.Errorf("after the renewal %s is shown, before %s", got, first)
	}
	second := shown(t, b, "two.example")
	put(t, two, certify(t, "two.example", ecKey))
	text, err := os.ReadFile(b.Config)
	if err != nil {
		t.Fatal(err)
	}
	if !b.Reload(string(text)) {
		t.Fatal("SIGHUP was refused")
	}
	if got := shown(t, b, "two.example"); got == second {
		t.Error("SIGHUP leaves the old certificate")
	}
	open.OK("CAPA")
	open.Body()
	open.Quit()
}
