package servers

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/textproto"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// each runs a test against every kind of server, freshly started.
func each(t *testing.T, test func(t *testing.T, s *Server)) {
	for _, kind := range All() {
		t.Run(kind.Name, func(t *testing.T) {
			s := kind.Start(t, nil)
			if s.Name != kind.Name {
				t.Errorf("it calls itself %q", s.Name)
			}
			test(t, s)
		})
	}
}

// TestPasswords tries all at once, since Courier sleeps five seconds after each
// wrong password.
func TestPasswords(t *testing.T) {
	each(t, func(t *testing.T, s *Server) {
		trusted := trust(t, s)
		var all sync.WaitGroup
		defer all.Wait()
		for login, right := range Users() {
			for _, password := range []string{right, right + "x", strings.ToUpper(right)} {
				for _, secure := range []*tls.Config{nil, trusted} {
					all.Go(func() {
						err := tryIMAP(s, secure, login, password)
						judge(t, fmt.Sprintf("IMAP, TLS %v, %s, %q", secure != nil, login, password), err, password == right)
					})
					all.Go(func() {
						_, err := tryPOP3(s, secure, login, password)
						judge(t, fmt.Sprintf("POP3, TLS %v, %s, %q", secure != nil, login, password), err, password == right)
					})
				}
			}
		}
		all.Go(func() { judge(t, "IMAP, unknown user", tryIMAP(s, nil, "mallory@example.org", "builder"), false) })
		all.Go(func() { judge(t, "IMAP, STARTTLS", tryStartTLS(s, trusted), true) })
	})
}

func judge(t *testing.T, what string, err error, right bool) {
	t.Helper()
	var no *imap.Error
	var bad *textproto.Error
	switch {
	case right && err != nil:
		t.Errorf("%s: refused: %v", what, err)
	case !right && err == nil:
		t.Errorf("%s: taken", what)
	case !right && !errors.As(err, &no) && !errors.As(err, &bad):
		t.Errorf("%s: not refused, but: %v", what, err)
	}
}

func trust(t *testing.T, s *Server) *tls.Config {
	t.Helper()
	data, err := os.ReadFile(s.CAFile)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(data) {
		t.Fatal("no authority in the file")
	}
	return &tls.Config{RootCAs: pool, ServerName: "127.0.0.1"}
}

func tryIMAP(s *Server, secure *tls.Config, login, password string) error {
	var c *imapclient.Client
	var err error
	if secure == nil {
		c, err = imapclient.DialInsecure(s.IMAP, nil)
	} else {
		c, err = imapclient.DialTLS(s.IMAPS, &imapclient.Options{TLSConfig: secure})
	}
	if err != nil {
		return err
	}
	defer c.Close()
	return c.Login(login, password).Wait()
}

func tryStartTLS(s *Server, secure *tls.Config) error {
	c, err := imapclient.DialStartTLS(s.IMAP, &imapclient.Options{TLSConfig: secure})
	if err != nil {
		return err
	}
	defer c.Close()
	return c.Login("alice@example.org", Users()["alice@example.org"]).Wait()
}

// TestManySessions holds as many sessions as the proxy's own tests do, ten for each
// user: Courier's sessions of one user queue for the lock of their Maildir.
func TestManySessions(t *testing.T) {
	const sessions = 200
	users := map[string]string{}
	for i := range sessions / 10 {
		users[fmt.Sprintf("user%d@example.org", i)] = "password"
	}
	for _, kind := range All() {
		t.Run(kind.Name, func(t *testing.T) {
			s := kind.Start(t, users)
			var all, in sync.WaitGroup
			in.Add(sessions)
			for i := range sessions {
				all.Go(func() {
					err := hold(s, fmt.Sprintf("user%d@example.org", i%len(users)), &in)
					if err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
		})
	}
}

// hold has a session and does not leave it before all are in.
func hold(s *Server, login string, in *sync.WaitGroup) error {
	c, err := imapclient.DialInsecure(s.IMAP, nil)
	if err != nil {
		in.Done()
		return err
	}
	defer c.Close()
	err = c.Login(login, "password").Wait()
	if err == nil {
		_, err = c.Select("INBOX", nil).Wait()
	}
	in.Done()
	in.Wait()
	return err
}
