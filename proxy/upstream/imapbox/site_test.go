package imapbox_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	goimap "github.com/emersion/go-imap/v2"
	"github.com/hashicorp/go-hclog"
	"go.uber.org/goleak"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/upstream"
	"popbridge/proxy/upstream/imapbox"
	"popbridge/tests/liars"
	"popbridge/translate"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience turns a hang into a failure; nothing is measured by it.
const patience = 30 * time.Second

// site is one Pool in front of one scripted server.
type site struct {
	t      testing.TB
	server *liars.Server
	pool   *imapbox.Pool
	counts *counts
	mail   configs.Upstream
	drop   configs.Maildrop
	client netip.Addr // the device's address, where a test says one
	ctx    context.Context
}

// newSite makes a site whose parked connections wait for ever, as far as a test
// can tell. Tests change mail and drop before they open anything.
func newSite(t testing.TB) *site {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	s := &site{t: t, server: liars.New(t, liars.Options{Caps: []string{"UIDPLUS", "MOVE"}}), counts: newCounts(), ctx: ctx}
	dialer := upstream.NewDialer()
	dialer.Measure(s.counts)
	s.pool = imapbox.NewPool(dialer)
	t.Cleanup(s.pool.Close)
	s.mail = configs.Upstream{
		Name: "mail", Address: s.server.Address(), TLS: configs.TLSNone, Timeout: patience, Reuse: time.Hour, Reauth: time.Hour, Parked: 1000,
	}
	s.drop = configs.Maildrop{Name: "default", Mailbox: configs.Mailboxes{"INBOX"}, OnDelete: translate.DeleteExpunge, Prefetch: 1 << 20}
	s.configure(256 << 20)
	return s
}

// configure is a reload with s.mail as the only upstream.
func (s *site) configure(memory translate.Size) {
	cfg := &configs.Config{Upstream: map[string]configs.Upstream{s.mail.Name: s.mail}}
	cfg.Limits.PrefetchMemory = memory
	s.pool.Configure(cfg)
}

func (s *site) request(account, password string) backend.Request {
	return backend.Request{Upstream: s.mail, Maildrop: s.drop, Account: account, Password: configs.NewSecret(password), Client: s.client, Log: hclog.NewNullLogger()}
}

// open logs in as alice.
func (s *site) open() *imapbox.Mailbox {
	s.t.Helper()
	return s.openAs("alice")
}

func (s *site) openAs(account string) *imapbox.Mailbox {
	s.t.Helper()
	m, err := s.pool.Open(s.ctx, s.request(account, liars.Password))
	if err != nil {
		s.t.Fatalf("%s: %v", account, err)
	}
	return m
}

// refused tries a password that must not be accepted.
func (s *site) refused(password string) {
	s.t.Helper()
	m, err := s.pool.Open(s.ctx, s.request("alice", password))
	if err == nil {
		s.close(m)
		s.t.Fatalf("the password %q was accepted", password)
	}
	if code := translate.Refuse(err).Code; code != translate.CodeAuth {
		s.t.Errorf("a wrong password is refused with code %q, want %q: %v", code, translate.CodeAuth, err)
	}
}

func (s *site) close(m *imapbox.Mailbox) {
	s.t.Helper()
	if err := m.Close(); err != nil {
		s.t.Error(err)
	}
}

func (s *site) list(m *imapbox.Mailbox, known translate.Listing) translate.Listing {
	s.t.Helper()
	l, err := m.List(s.ctx, known)
	if err != nil {
		s.t.Fatalf("listing: %v", err)
	}
	return l
}

// poll is a session that only looks, and gives what it saw.
func (s *site) poll(known translate.Listing) translate.Listing {
	s.t.Helper()
	m := s.open()
	defer s.close(m)
	return s.list(m, known)
}

// since gives the commands that came after the first n.
func (s *site) since(n int) []string { return s.server.Commands()[n:] }

// said is how many commands the server has been sent, for since.
func (s *site) said() int { return len(s.server.Commands()) }

// logouts awaits that the server has been sent LOGOUT so many times, and that
// the connections are gone.
func (s *site) logouts(n, left int) {
	s.t.Helper()
	until(s.t, fmt.Sprintf("%d LOGOUT and %d connections left", n, left), func() bool {
		said := 0
		for _, c := range s.server.Commands() {
			if c == "LOGOUT" {
				said++
			}
		}
		return said == n && s.server.Connections() == left
	})
}

// until waits for a state, however long a busy machine takes to get there.
func until(t testing.TB, what string, reached func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !reached(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("still waiting for: %s", what)
		}
	}
}

func uids(l translate.Listing) (list []goimap.UID) {
	for _, e := range l.Entries {
		list = append(list, e.UID)
	}
	return list
}

// fill puts n messages of so many octets each in the INBOX's place.
func (s *site) fill(n, octets int) {
	s.server.Mail(func(m *liars.Mail) {
		inbox := m.Inbox()
		inbox.Messages, inbox.UIDNext = nil, 11
		for i := range n {
			head := fmt.Sprintf("Subject: message %d\r\n\r\n.%d.\r\n", i+1, i+1)
			inbox.Add(head + strings.Repeat(fmt.Sprintf("%c", 'a'+i%26), octets-len(head)-2) + "\r\n")
		}
	})
}

// maildrop opens alice's mailbox and numbers what is in it.
func (s *site) maildrop() (*imapbox.Mailbox, *translate.Maildrop) {
	s.t.Helper()
	m := s.open()
	drop, err := translate.NewMaildrop(s.list(m, translate.Listing{}), translate.Known{}, s.drop.Policy())
	if err != nil {
		s.t.Fatal(err)
	}
	return m, drop
}

// text is what the server holds under a UID.
func (s *site) text(uid goimap.UID) (text string) {
	s.server.Mail(func(m *liars.Mail) {
		if msg := m.Inbox().Find(uint32(uid)); msg != nil {
			text = msg.Text
		}
	})
	return text
}

// fetch is RETR n; it gives what a device would get.
func (s *site) fetch(m *imapbox.Mailbox, drop *translate.Maildrop, n int) (string, error) {
	s.t.Helper()
	msg, err := drop.Message(n)
	if err != nil {
		s.t.Fatal(err)
	}
	var got bytes.Buffer
	err = m.Fetch(s.ctx, msg, drop.After(n), &got)
	return got.String(), err
}

// retr is RETR n, which must give the whole message.
func (s *site) retr(m *imapbox.Mailbox, drop *translate.Maildrop, numbers ...int) {
	s.t.Helper()
	for _, n := range numbers {
		got, err := s.fetch(m, drop, n)
		if err != nil {
			s.t.Fatalf("RETR %d: %v", n, err)
		}
		msg, _ := drop.Message(n)
		if want := s.text(msg.UID); got != want {
			s.t.Fatalf("RETR %d gives %.60q, want %.60q", n, got, want)
		}
	}
}

var bodyAsked = regexp.MustCompile(`^UID FETCH ([\d,:]+) \(UID BODY\.PEEK\[\]`)

// batches are the numbers of the messages whose bodies were asked for, a list for
// each command; a site filled by fill begins with UID 11.
func (s *site) batches() (batches [][]int) {
	for _, c := range s.server.Commands() {
		found := bodyAsked.FindStringSubmatch(c)
		if found == nil {
			continue
		}
		var batch []int
		for span := range strings.SplitSeq(found[1], ",") {
			first, last, several := strings.Cut(span, ":")
			from, _ := strconv.Atoi(first)
			to := from
			if several {
				to, _ = strconv.Atoi(last)
			}
			for uid := from; uid <= to; uid++ {
				batch = append(batch, uid-10)
			}
		}
		batches = append(batches, batch)
	}
	return batches
}

// asked are the numbers of all of them, in the order in which they were asked for.
func (s *site) asked() []int { return slices.Concat(s.batches()...) }

// oneTo is 1, 2, … n.
func oneTo(n int) (numbers []int) {
	for i := range n {
		numbers = append(numbers, i+1)
	}
	return numbers
}

// temporary fails unless an error is one that a device may try again after.
func temporary(t testing.TB, err error) {
	t.Helper()
	var refusal *translate.Refusal
	if !errors.As(err, &refusal) || refusal.Code != translate.CodeSysTemp {
		t.Errorf("the error is %v, want a refusal with code %s", err, translate.CodeSysTemp)
	}
}

func uidOf(t testing.TB, drop *translate.Maildrop, n int) goimap.UID {
	t.Helper()
	msg, err := drop.Message(n)
	if err != nil {
		t.Fatal(err)
	}
	return msg.UID
}
