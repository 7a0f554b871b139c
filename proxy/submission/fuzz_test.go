package submission

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/door"
	"popbridge/proxy/limiter"
	"popbridge/proxy/login"
	"popbridge/proxy/route"
	"popbridge/translate"
)

// patience turns a hang into a failure.
const patience = 30 * time.Second

// upstream is a submission server that takes everything, and keeps it.
type upstream struct {
	begun bool
	to    int
	text  strings.Builder
	taken []string
}

func (u *upstream) Mail(context.Context, string, *smtp.MailOptions) *translate.SMTPReply {
	u.begun, u.to = true, 0
	return translate.GoodReply(250, translate.EnhancedCode{2, 1, 0})
}

func (u *upstream) Rcpt(context.Context, string, *smtp.RcptOptions) *translate.SMTPReply {
	u.to++
	return translate.GoodReply(250, translate.EnhancedCode{2, 1, 5})
}

func (u *upstream) Data(context.Context) (backend.RelayBody, *translate.SMTPReply) {
	u.text.Reset()
	return u, nil
}

func (u *upstream) Write(p []byte) (int, error) { return u.text.Write(p) }

func (u *upstream) End() (*translate.SMTPReply, string) {
	if u.begun && u.to > 0 {
		u.taken = append(u.taken, u.text.String())
	}
	return translate.GoodReply(250, translate.EnhancedCode{2, 6, 0}), ""
}

func (u *upstream) Abandon()     {}
func (u *upstream) Lost() bool   { return false }
func (u *upstream) Close() error { return nil }

// host hears of a session, and does nothing.
type host struct{}

func (host) Named(route.Target) {}
func (host) Secured()           {}
func (host) Entered(string)     {}
func (host) Tried()             {}
func (host) Waits(func())       {}

// good is the one login that is taken.
const good = "AGFsaWNlQGV4YW1wbGUub3JnAHNlY3JldA=="

// serve has a session read a text, and gives what it says.
func serve(t *testing.T, u *upstream, bare translate.BareNewlines, text string) string {
	t.Helper()
	b := backend.Backend{
		OpenRelay: func(_ context.Context, r backend.Request) (backend.Relay, error) {
			if r.Password.Reveal() != "secret" {
				return nil, translate.BadCredentials(errors.New("wrong"))
			}
			return u, nil
		},
		Extensions: func(context.Context, configs.Upstream) backend.Extensions { return backend.Extensions{EightBit: true} },
	}
	mail := configs.Upstream{Name: "mail", Timeout: patience}
	mail.Submission.Address, mail.Submission.BareNewlines, mail.Submission.Sender = "smtp.example.org:465", bare, translate.SenderRewrite
	listener := configs.Listener{
		Name: "submission", Protocol: configs.DeviceSMTP, TLS: configs.TLSNone, PlaintextAuth: true,
		PlaintextNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
	}
	cfg := &configs.Config{
		Login: configs.Login{Lowercase: true}, Listener: map[string]configs.Listener{"submission": listener},
		Upstream: map[string]configs.Upstream{"mail": mail}, Maildrop: map[string]configs.Maildrop{"default": {Name: "default"}},
		Limits: configs.Limits{LoginTimeout: patience, IdleTimeout: patience, BadCommands: 20, MessageSize: 1 << 20},
	}
	near, far := net.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		Serve(door.Env{
			ID: "1", Config: cfg, Listener: listener, Client: netip.MustParseAddr("127.0.0.1"), Began: time.Now(), Backend: b, Logins: login.New(b, limiter.New(false)),
			Host: host{}, Throttle: limiter.NewThrottle(), Meter: backend.NoMeter{}, Context: context.Background(), Closing: context.Background(), Log: hclog.NewNullLogger(),
		}, far)
	}()
	go func() { _, _ = io.WriteString(near, text) }()
	_ = near.SetReadDeadline(time.Now().Add(patience))
	said, err := io.ReadAll(near)
	_ = near.Close()
	if <-done; err != nil {
		t.Fatalf("%q: %v behind %q", text, err, said)
	}
	return string(said)
}

// TestTheLoginOfTheFuzzer is one that is taken, and its message is relayed.
func TestTheLoginOfTheFuzzer(t *testing.T) {
	if want := base64.StdEncoding.EncodeToString([]byte("\x00alice@example.org\x00secret")); good != want {
		t.Fatalf("the login is %s", want)
	}
	var u upstream
	said := serve(t, &u, translate.BareRefuse, "EHLO x\r\nAUTH PLAIN "+good+"\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nSubject: x\r\n\r\n..text\r\n.\r\nQUIT\r\n")
	if len(u.taken) != 1 || !strings.HasSuffix(u.taken[0], "\r\n\r\n.text\r\n") || !strings.Contains(said, "\r\n250 2.6.0 ok\r\n221 ") {
		t.Errorf("%q is taken, and the device hears %q", u.taken, said)
	}
}

// FuzzSession: whatever a device sends, the session ends, its replies are SMTP's, only
// who has logged in has anything relayed, every 250 to a message stands for one that the
// upstream has, and nothing in it could be read as an end or a line of its own.
func FuzzSession(f *testing.F) {
	login := "EHLO x\r\nAUTH PLAIN " + good + "\r\n"
	envelope := "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n"
	for _, seed := range []string{
		login + envelope + "Subject: x\r\n\r\ntext", login + envelope + "a\n.\nMAIL FROM:<x@y>\r\n.\r\n" + envelope + "b", login + envelope + "a\r.\r\nb",
		"HELO x\r\nAUTH LOGIN YWxpY2VAZXhhbXBsZS5vcmc=\r\nc2VjcmV0\r\n" + envelope + ".\r\nRSET\r\nVRFY x\r\n", "EHLO x\nAUTH PLAIN " + good + "\n" + strings.ReplaceAll(envelope, "\r", "") + "x\n",
		envelope + "stolen", "AUTH PLAIN\r\n*\r\nAUTH XOAUTH2 dXNlcj0=\r\n=\r\nSTARTTLS\r\nNOOP x\r\nHELP\r\nBDAT 3\r\nabc", "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		login + "MAIL FROM:<> SIZE=1 BODY=8BITMIME AUTH=<>\r\nRCPT TO:\"a b\"@c NOTIFY=NEVER\r\nDATA\r\nBcc: x\r\nFrom: a, b\r\n folded\r\nno field\r\n",
	} {
		f.Add(seed, false)
		f.Add(seed, true)
	}
	f.Fuzz(func(t *testing.T, text string, mend bool) {
		bare := translate.BareRefuse
		if mend {
			bare = translate.BareMend
		}
		var u upstream
		said := serve(t, &u, bare, text+"\r\n.\r\nQUIT\r\n.\r\nQUIT\r\nQUIT\r\n")
		promised := 0
		for lines := bufio.NewScanner(strings.NewReader(said)); lines.Scan(); {
			line := lines.Text()
			if len(line) < 4 || line[0] < '2' || line[0] > '5' || line[3] != ' ' && line[3] != '-' {
				t.Fatalf("%q: a reply is %q", text, line)
			}
			if line == "250 2.6.0 ok" {
				promised++
			}
		}
		if strings.Count(said, "\n") != strings.Count(said, "\r\n") || strings.Count(said, "\r") != strings.Count(said, "\n") {
			t.Fatalf("%q: a reply ends otherwise: %q", text, said)
		}
		if promised != len(u.taken) {
			t.Fatalf("%q: %d were promised, and %d were taken", text, promised, len(u.taken))
		}
		if len(u.taken) > 0 && !strings.Contains(said, "235 2.7.0 logged in") {
			t.Fatalf("%q: relayed without a login: %q", text, u.taken)
		}
		for _, m := range u.taken {
			if strings.ContainsAny(strings.ReplaceAll(m, "\r\n", ""), "\r\n") || !strings.HasSuffix(m, "\r\n") {
				t.Fatalf("%q: relayed is %q", text, m)
			}
		}
	})
}
