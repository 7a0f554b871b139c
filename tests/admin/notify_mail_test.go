package admin_test

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// postOffice is a submission server that keeps what it is given.
type postOffice struct {
	full bool
	mail chan string
}

func (p *postOffice) NewSession(*smtp.Conn) (smtp.Session, error) { return visit{p}, nil }

type visit struct{ *postOffice }

func (visit) AuthMechanisms() []string { return []string{sasl.Plain} }

func (visit) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != owner || password != secret {
			return errors.New("no such user")
		}
		return nil
	}), nil
}
func (visit) Mail(string, *smtp.MailOptions) error { return nil }
func (visit) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (v visit) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if v.full {
		return &smtp.SMTPError{Code: 452, Message: "no room"}
	}
	v.mail <- string(text)
	return err
}
func (visit) Reset()        {}
func (visit) Logout() error { return nil }

// TestAlarmsByMail: the script of docs/alarms.md mails what is signed, says no to what is
// not, and asks for another try where the submission server does not take it.
func TestAlarmsByMail(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	office := &postOffice{mail: make(chan string, 10)}
	server := smtp.NewServer(office)
	server.AllowInsecureAuth = true
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })

	dir := t.TempDir()
	signing, password := filepath.Join(dir, "signing"), filepath.Join(dir, "password")
	key := []byte("0123456789abcdef")
	for path, text := range map[string]string{signing: "whsec_" + base64.StdEncoding.EncodeToString(key), password: secret} {
		if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("/usr/bin/python3", "../../configs/deploy/alarms/popbridge-alarms-mail")
	cmd.Env = append(os.Environ(), "LISTEN=127.0.0.1:0", "SECRET_FILE="+signing, "SMTP="+l.Addr().String(), "SMTP_TLS=none",
		"SMTP_USER="+owner, "SMTP_PASSWORD_FILE="+password, "MAIL_FROM="+owner, "MAIL_TO="+other)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	ready, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	address := "http://" + strings.TrimPrefix(strings.TrimSpace(ready), "listening on ")

	post := func(at time.Time, with []byte, want int) {
		t.Helper()
		body, stamp := `{"id": "msg_1", "kind": "device_overdue", "text": "device panel\r\nBcc: all@example.org is overdue"}`, strconv.FormatInt(at.Unix(), 10)
		mac := hmac.New(sha256.New, with)
		fmt.Fprintf(mac, "msg_1.%s.%s", stamp, body)
		r, err := http.NewRequest("POST", address, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header = http.Header{"Webhook-Id": {"msg_1"}, "Webhook-Timestamp": {stamp}, "Webhook-Signature": {"v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))}}
		got, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = got.Body.Close()
		if got.StatusCode != want {
			t.Errorf("it answers %s, want %d", got.Status, want)
		}
	}
	post(time.Now(), key, http.StatusNoContent)
	mail := <-office.mail
	header, _, _ := strings.Cut(mail, "\r\n\r\n")
	if !strings.Contains(header, "Subject: popbridge: device panel Bcc: all@example.org is overdue\r\n") || !strings.Contains(mail, `"kind": "device_overdue"`) || strings.Contains(header, "\nBcc") {
		t.Errorf("the mail is\n%s", mail)
	}
	post(time.Now(), []byte("another secret"), http.StatusForbidden)
	post(time.Now().Add(-time.Hour), key, http.StatusForbidden)
	office.full = true
	post(time.Now(), key, http.StatusServiceUnavailable)
	if len(office.mail) != 0 {
		t.Error("more was mailed")
	}
}
