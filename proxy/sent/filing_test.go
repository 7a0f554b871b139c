package sent

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	goimap "github.com/emersion/go-imap/v2"
	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/translate"
)

// box is a mailbox of sent mail that does as a test says.
type box struct {
	mu      sync.Mutex
	headers []string
	looks   int
	appends int
	look    func(n int) error                        // before the n-th look, with the lock held
	put     func(ctx context.Context, n int) error   // behind the n-th message that was put there
	mute    bool                                     // it tells no UIDs
	servers []string                                 // those that it was opened at
	asked   func(like translate.SentMessage, r bool) // with each look
}

func (b *box) Find(_ context.Context, like translate.SentMessage, _ time.Time, renamed bool) (places []translate.Place, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.looks++
	if b.asked != nil {
		b.asked(like, renamed)
	}
	if b.look != nil {
		if err := b.look(b.looks); err != nil {
			return nil, err
		}
	}
	for i, h := range b.headers {
		if like.Is([]byte(h)) {
			places = append(places, b.place(i))
		}
	}
	return places, nil
}

func (b *box) place(i int) translate.Place {
	return translate.Place{Mailbox: "Sent", UIDValidity: 1, UID: goimap.UID(i + 1)}
}

func (b *box) Append(ctx context.Context, octets int64, r io.Reader) (translate.Place, error) {
	data, err := io.ReadAll(r)
	if err != nil || int64(len(data)) != octets {
		return translate.Place{}, fmt.Errorf("%d octets of %d: %w", len(data), octets, err)
	}
	b.mu.Lock()
	b.headers = append(b.headers, string(data))
	b.appends++
	n, place, put := b.appends, b.place(len(b.headers)-1), b.put
	b.mu.Unlock()
	if put != nil {
		err = put(ctx, n)
	}
	if b.mute {
		place.UID = 0
	}
	return place, err
}

func (b *box) Close() error { return nil }

// add has somebody else put a message there.
func (b *box) add(header string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.headers = append(b.headers, header)
}

// seen is how many messages are there, how many of them were put there, and how often
// was looked.
func (b *box) seen() (there, put, looks int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.headers), b.appends, b.looks
}

// there waits until so many messages are there.
func (b *box) there(t *testing.T, n int) {
	t.Helper()
	await(t, fmt.Sprintf("%d messages", n), func() bool {
		there, _, _ := b.seen()
		return there >= n
	})
}

func await(t *testing.T, what string, there func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !there(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not there", what)
		}
	}
}

var quick = pace{time.Millisecond, time.Second, []time.Duration{time.Millisecond, time.Millisecond, time.Millisecond}}

func plain(policy configs.SentPolicy) (u configs.Upstream) {
	u.Protocol, u.Submission.SentRetry, u.Submission.Sent = configs.ProtocolIMAP, time.Hour, policy
	return u
}

func provider() configs.Upstream {
	u := plain(configs.SentAuto)
	u.Provider = configs.ProviderMicrosoft365
	return u
}

func start(t *testing.T, folder string, b *box, u configs.Upstream) *Sent {
	t.Helper()
	open := func(_ context.Context, u configs.Upstream, _ backend.SentMail) (Mailbox, error) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.servers = append(b.servers, u.Address)
		return b, nil
	}
	s, err := New(hclog.NewNullLogger(), folder, nil, open, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.pace = quick
	cfg := &configs.Config{Upstream: map[string]configs.Upstream{"mail": u}}
	cfg.Limits.SpoolSize = 1 << 20
	s.Configure(cfg)
	t.Cleanup(s.Close)
	return s
}

const header = "Message-ID: <1@x>\r\nDate: Mon, 30 Nov 2026 05:00:00 +0000\r\n"

// send has a message sent whose body is a text.
func send(t *testing.T, s *Sent, text, given string) backend.SentCopy {
	t.Helper()
	return sendAt(t, s, "", text, given)
}

// sendAt is send for an account whose server a directory has given.
func sendAt(t *testing.T, s *Sent, host, text, given string) backend.SentCopy {
	t.Helper()
	m := backend.SentMail{Upstream: "mail", Host: host, Account: "alice", MessageID: "<1@x>", Date: "Mon, 30 Nov 2026 05:00:00 +0000"}
	c, err := s.Begin(m)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, header+"\r\n"+text); err != nil {
		t.Fatal(err)
	}
	if err := c.Seal(sha256.Sum256([]byte(text))); err != nil {
		t.Fatal(err)
	}
	c.Accepted(given)
	return c
}

// done waits until nothing waits for the mailbox any more.
func (s *Sent) done(t *testing.T) {
	t.Helper()
	await(t, "an empty folder", func() bool {
		left, _ := filepath.Glob(filepath.Join(s.spool.folder, "*.sent"))
		return len(left) == 0
	})
}

// TestAProviderIsGivenTime: trouble with a look does not shorten the time that a provider
// has to put a message there by itself.
func TestAProviderIsGivenTime(t *testing.T) {
	for trouble := 1; trouble <= 4; trouble++ {
		b := &box{}
		b.look = func(n int) error {
			if n == 4 {
				b.headers = append(b.headers, header+"Received: by the provider")
			}
			if n == trouble {
				return errors.New("the connection is lost")
			}
			return nil
		}
		s := start(t, t.TempDir(), b, provider())
		send(t, s, "a", "")
		s.done(t)
		if there, put, _ := b.seen(); there != 1 || put != 0 {
			t.Errorf("with trouble at look %d: %d are there, %d were put there", trouble, there, put)
		}
	}
}

// TestAProviderThatDoesNothing has its message put there, after all looks.
func TestAProviderThatDoesNothing(t *testing.T) {
	b := &box{}
	s := start(t, t.TempDir(), b, provider())
	send(t, s, "a", "")
	s.done(t)
	if _, put, looks := b.seen(); put != 1 || looks != len(quick.looks)+1 {
		t.Errorf("%d put there after %d looks", put, looks)
	}
}

// TestAMessageThatTheServerHasRenamed is known by the name that the server has told, or
// by the one that it has kept aside.
func TestAMessageThatTheServerHasRenamed(t *testing.T) {
	for _, there := range []string{
		strings.Replace(header, "<1@x>", "<new@outlook>", 1),
		strings.Replace(header, "<1@x>", "<other@outlook>\r\nX-Microsoft-Original-Message-ID: <1@x>", 1),
	} {
		b := &box{headers: []string{there}}
		b.asked = func(_ translate.SentMessage, renamed bool) {
			if !renamed {
				t.Error("the mailbox is not told of another name")
			}
		}
		s := start(t, t.TempDir(), b, provider())
		send(t, s, "a", "<new@outlook>")
		s.done(t)
		if _, put, _ := b.seen(); put != 0 {
			t.Errorf("%q was not known again", there)
		}
	}
}

// TestACutAppend: what was put there, with an answer that nobody has heard, is not put
// there again, with any policy: by the same process, nor by the next.
func TestACutAppend(t *testing.T) {
	for _, policy := range []configs.SentPolicy{configs.SentAuto, configs.SentAlways} {
		b := &box{put: func(context.Context, int) error { return errors.New("the connection is lost") }}
		s := start(t, t.TempDir(), b, plain(policy))
		send(t, s, "a", "")
		s.done(t)
		if _, put, _ := b.seen(); put != 1 {
			t.Errorf("%v: it lies there %d times", policy, put)
		}

		b = &box{put: func(ctx context.Context, _ int) error { <-ctx.Done(); return ctx.Err() }}
		folder := t.TempDir()
		s = start(t, folder, b, plain(policy))
		send(t, s, "a", "")
		b.there(t, 1)
		s.Close()
		b.mu.Lock()
		b.put = nil
		b.mu.Unlock()
		start(t, folder, b, plain(policy)).done(t)
		if _, put, _ := b.seen(); put != 1 {
			t.Errorf("%v, over a restart: it lies there %d times", policy, put)
		}
	}
}

// TestTheServerThatADirectoryHasGiven: the copy is put into the mailbox of the account's own
// server, by the next process too.
func TestTheServerThatADirectoryHasGiven(t *testing.T) {
	const host = "10.0.0.7:993"
	b := &box{put: func(ctx context.Context, _ int) error { <-ctx.Done(); return ctx.Err() }}
	folder, u := t.TempDir(), plain(configs.SentAuto)
	u.Address = "mail.example.org:993"
	s := start(t, folder, b, u)
	sendAt(t, s, host, "a", "")
	b.there(t, 1)
	s.Close()
	start(t, folder, b, u).done(t)
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.servers) < 2 || slices.ContainsFunc(b.servers, func(at string) bool { return at != host }) {
		t.Errorf("it was looked for at %q", b.servers)
	}
}

// TestTwinsInTheMailbox: a message that is another one's is not taken for one that looks
// the same, also where another process has put it there.
func TestTwinsInTheMailbox(t *testing.T) {
	b := &box{}
	folder := t.TempDir()
	s := start(t, folder, b, plain(configs.SentAuto))
	send(t, s, "a", "").Heard()
	s.done(t)
	send(t, s, "b", "").Heard()
	b.there(t, 2)
	s.done(t)
	s.Close()
	s = start(t, folder, b, plain(configs.SentAuto))
	send(t, s, "c", "").Heard()
	s.done(t)
	if there, _, _ := b.seen(); there != 3 {
		t.Errorf("%d of three lie there", there)
	}
	// One that somebody else has put there stands for one message.
	b.add(header)
	send(t, s, "d", "").Heard()
	s.done(t)
	send(t, s, "e", "").Heard()
	s.done(t)
	if _, put, _ := b.seen(); put != 4 {
		t.Errorf("%d were put there, want all but one of five", put)
	}
}

// TestTheSameTextAgain: of a device that may not have heard of it, it is the same message;
// of one that has, it is another.
func TestTheSameTextAgain(t *testing.T) {
	b := &box{}
	folder := t.TempDir()
	s := start(t, folder, b, plain(configs.SentAuto))
	send(t, s, "a", "").Heard()
	send(t, s, "a", "")
	b.there(t, 2)
	send(t, s, "a", "").Missed() // the connection before it has not ended yet
	s.done(t)
	s.Close()
	s = start(t, folder, b, plain(configs.SentAuto))
	send(t, s, "a", "")
	s.done(t)
	if _, put, _ := b.seen(); put != 2 {
		t.Errorf("%d lie there, want two", put)
	}
}

// TestWhatIsRememberedStaysSmall: of too much the older half is forgotten.
func TestWhatIsRememberedStaysSmall(t *testing.T) {
	const most = 1000
	f, err := openFiled(filepath.Join(t.TempDir(), "filed"), most)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().Unix()
	key := func(n int) filedKey { return newKey("%d", n) }
	for n := range most {
		f.at[key(n)] = now - most + int64(n)
	}
	f.line = most
	f.add(key(most))
	if len(f.at) != most/2 || !f.has(key(most)) || !f.has(key(most/2+1)) || f.has(key(most/2)) {
		t.Errorf("%d are remembered", len(f.at))
	}
	again, err := openFiled(f.path, most)
	if err != nil || len(again.at) != len(f.at) {
		t.Errorf("%d are read again, %v", len(again.at), err)
	}
	if err := errors.Join(f.close(), again.close()); err != nil {
		t.Error(err)
	}
}
