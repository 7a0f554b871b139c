package imapbox_test

import (
	"bytes"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
	"popbridge/tests/liars"
	"popbridge/tests/servers"
	"popbridge/translate"
)

// lockedBuffer is a log that a test reads.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// TestAServerThatRepeatsSecrets: whatever is sent to log in comes back in every
// text that a server can write, and neither the log nor an error has it.
func TestAServerThatRepeatsSecrets(t *testing.T) {
	const token, password, master = "ya29.secret-token_of/alice", "open sesame of alice", "master key of admin"
	echo := func(x *liars.Exchange) {
		text := ""
		if fields := strings.Fields(x.Command); len(fields) > 2 {
			decoded, _ := base64.StdEncoding.DecodeString(fields[2])
			text = strings.NewReplacer("\x00", " ", "\x01", " ").Replace(string(decoded)) + " " + fields[2]
			text += " " + strings.ReplaceAll(text, "auth=Bearer ", "")
		}
		x.Send("* NO " + text + "\r\n* OK [ALERT] " + text + "\r\n{tag} NO [AUTHENTICATIONFAILED] " + x.Command + " " + text + "\r\n")
	}
	for _, c := range []struct {
		auth   configs.Auth
		bearer bool
	}{{configs.AuthPassword, false}, {configs.AuthPassword, true}, {configs.AuthMaster, false}, {configs.AuthOAuth2, false}, {configs.AuthSCRAM, false}} {
		for _, announced := range []string{"AUTH=XOAUTH2", "AUTH=OAUTHBEARER"} {
			s := newAuthSite(t, c.auth, announced, "AUTH=SCRAM-SHA-256")
			s.mail.MasterPassword = configs.NewSecret(master)
			s.pool.Authorize(tokens{token})
			s.server.Lie(liars.Always("AUTHENTICATE", echo))
			req := s.request("alice", "")
			switch {
			case c.bearer:
				req.Bearer = configs.NewSecret(token)
			case c.auth == configs.AuthPassword || c.auth == configs.AuthSCRAM:
				req.Password = configs.NewSecret(password)
			}
			var log lockedBuffer
			req.Log = hclog.New(&hclog.LoggerOptions{Output: &log, Level: hclog.Trace})
			code, err := s.answers(req)
			due := translate.CodeAuth
			if req.Password.Empty() && req.Bearer.Empty() {
				due = translate.CodeSysPerm
			}
			if code != due {
				t.Errorf("%s: %q, %v", c.auth, code, err)
			}
			if !strings.Contains(log.String(), "AUTHENTICATE") {
				t.Errorf("%s: the log has not seen the login: %s", c.auth, &log)
			}
			for _, secret := range []string{token, password, master, "secret-token", "sesame", "master key"} {
				for _, form := range append(encodings(secret), secret) {
					if said := log.String() + fmt.Sprint(err); strings.Contains(said, form) {
						t.Errorf("%s with %s: %q stands in %s", c.auth, announced, form, said)
					}
				}
			}
		}
	}
}

// encodings are the forms that a secret takes within base64, whatever stands
// before it: the octets that the neighbours do not change.
func encodings(secret string) (forms []string) {
	for shift := range 3 {
		e := strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", shift)+secret)), "=")
		forms = append(forms, e[4*((shift+2)/3):len(e)-1])
	}
	return forms
}

// TestWhatIsAnnouncedInPlainText counts for nothing: who stands between could have
// made it up, and the token would go to a server that does not know what it is.
func TestWhatIsAnnouncedInPlainText(t *testing.T) {
	cert := servers.NewCertificate(t, t.TempDir())
	pair, err := tls.LoadX509KeyPair(cert.Cert, cert.Key)
	if err != nil {
		t.Fatal(err)
	}
	for auth, word := range map[configs.Auth]string{configs.AuthOAuth2: "AUTH=XOAUTH2", configs.AuthSCRAM: "AUTH=SCRAM-SHA-256"} {
		for _, where := range []string{liars.Greeting, "STARTTLS"} {
			s := newAuthSite(t, auth)
			s.replace(liars.New(t, liars.Options{TLS: &tls.Config{Certificates: []tls.Certificate{pair}}}))
			s.mail.TLS, s.mail.CAFile = configs.TLSStartTLS, cert.CA
			s.pool.Authorize(tokens{"good"})
			lie := liars.Swap("IMAP4rev1", "IMAP4rev1 "+word)
			if where == "STARTTLS" {
				lie = liars.Edit(func(answer string) string {
					return strings.Replace(answer, "OK done", "OK [CAPABILITY IMAP4rev1 "+word+"] go", 1)
				})
			}
			s.server.Lie(liars.Always(where, lie))
			req := s.request("alice", "")
			if auth == configs.AuthSCRAM {
				req.Password = configs.NewSecret(liars.Password)
			}
			if code, err := s.answers(req); code != translate.CodeSysPerm || !strings.Contains(err.Error(), word) {
				t.Errorf("%s in the answer to %s: %q, %v", word, where, code, err)
			}
			s.saysOnly()
		}
	}
}
