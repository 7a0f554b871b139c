package demo

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
)

// maxStories bounds the sessions that are followed at once; one that begins
// beyond it is not told.
const maxStories = 10000

// Narrator is a log sink that tells what devices do and which IMAP commands that
// became, one line for each thing. It reads the wire trace (TRACE lines "wire"
// and "body" of loggers whose names end in ".pop3" and ".imap"), the lines
// "login", "session ended" and "connection ended" (before login), those of mail that
// is sent, and warnings. All else it passes over.
//
// It shows no word of a device but commands that it knows and their numbers, so a
// password that arrives in the wrong place is not printed either.
type Narrator struct {
	mu      sync.Mutex
	page    page
	now     func() time.Time
	stories map[string]*story // by session
	sent    map[string]string // how much was sent, by Message-ID
}

var _ hclog.SinkAdapter = (*Narrator)(nil)

// NewNarrator writes to w, in colour if asked, and in plain ASCII unless the
// locale is one of UTF-8 (LC_ALL, LC_CTYPE, LANG, the first that is set).
func NewNarrator(w io.Writer, color bool) *Narrator {
	return newNarrator(page{w: w, color: color, utf8: localeIsUTF8(os.Getenv)}, time.Now)
}

func newNarrator(p page, now func() time.Time) *Narrator {
	return &Narrator{page: p, now: now, stories: make(map[string]*story), sent: make(map[string]string)}
}

func localeIsUTF8(env func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := env(name); v != "" {
			v = strings.ToUpper(v)
			return strings.Contains(v, "UTF-8") || strings.Contains(v, "UTF8")
		}
	}
	return false
}

// Accept takes one log line (hclog.SinkAdapter). It never fails; an error of the
// writer loses the line.
func (n *Narrator) Accept(name string, level hclog.Level, msg string, args ...interface{}) {
	a := arguments(args)
	n.mu.Lock()
	defer n.mu.Unlock()

	side := name[strings.LastIndexByte(name, '.')+1:]
	switch {
	case level == hclog.Trace && msg == "wire":
		n.wire(side, a.text("session"), a.text("dir"), a.text("line"))
	case level == hclog.Trace && msg == "body" && side == "pop3":
		if s := n.stories[a.text("session")]; s != nil {
			n.tell(s, s.body(a.number("octets")))
		}
	case msg == "login" && a.text("listener") == "submission":
		n.page.write(n.now(), a.text("session"), sentence{text: "device logs in as " + a.text("account") + " to send"})
	case msg == "a message was sent" && len(n.sent) < maxStories:
		n.sent[a.text("message_id")] = size(a.number("octets"))
	case msg == "a copy of a sent message is filed":
		// The whole way in one sentence: one follows the other within a moment.
		id := a.text("message_id")
		n.page.write(n.now(), a.text("session"), sentence{
			command: "DATA", text: n.sent[id] + " sent, and a copy kept", became: []operation{{text: "SMTP to " + sinkName}, {text: "IMAP APPEND Sent"}},
		})
		delete(n.sent, id)
	case msg == "login":
		if s := n.story(a.text("session")); s != nil {
			n.tell(s, s.login(a))
		}
	case msg == "session ended" || msg == "connection ended":
		if s := n.stories[a.text("session")]; s != nil {
			n.tell(s, s.end(a.text("result")))
			delete(n.stories, s.id)
		}
	case msg == "login refused" && n.stories[a.text("session")] != nil:
		// The -ERR that follows tells it, and the operations why.
	case level >= hclog.Warn:
		n.page.write(n.now(), a.text("session"), sentence{text: warning(msg, a), failed: true})
	}
}

func (n *Narrator) wire(side, session, dir, line string) {
	switch {
	case side == "pop3":
		s := n.story(session)
		if s == nil {
			return
		}
		if dir == "C" {
			n.tell(s, s.command(line))
		} else {
			n.tell(s, s.reply(line))
		}
	case side == "imap" && n.stories[session] != nil:
		if dir == "C" {
			n.stories[session].sent(line)
		} else {
			n.stories[session].received(line)
		}
	}
}

// story finds the session's story or begins it.
func (n *Narrator) story(session string) *story {
	s := n.stories[session]
	if s == nil && session != "" && len(n.stories) < maxStories {
		s = &story{id: session}
		n.stories[session] = s
	}
	return s
}

func (n *Narrator) tell(s *story, sentences []sentence) {
	for _, sentence := range sentences {
		n.page.write(n.now(), s.id, sentence)
	}
}

// warning is a log line of a level that a user should see, with its error.
func warning(msg string, a arguments) string {
	for _, key := range []string{"error", "err", "cause"} {
		if detail := a.text(key); detail != "" {
			return msg + ": " + detail
		}
	}
	return msg
}

// arguments are the keys and values of a log line, in turn. The last value of a
// key counts; a key without a value has none.
type arguments []interface{}

func (a arguments) text(key string) string {
	text := ""
	for i := 0; i+1 < len(a); i += 2 {
		if a[i] == key {
			text = fmt.Sprint(a[i+1])
		}
	}
	return text
}

func (a arguments) number(key string) int64 {
	n, err := strconv.ParseInt(a.text(key), 10, 64)
	if err != nil {
		return 0
	}
	return n
}
