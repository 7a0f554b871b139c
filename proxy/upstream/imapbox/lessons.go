package imapbox

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	goimap "github.com/emersion/go-imap/v2"
	"github.com/hashicorp/go-hclog"

	"popbridge/configs"
)

// lesson is what a server has shown of itself against what it announces: the
// capability that it refuses, or one of those below.
type lesson string

const (
	// lessonLogin is learned where AUTHENTICATE PLAIN is refused as such: LOGIN is
	// said at once.
	lessonLogin lesson = "AUTH=PLAIN"
	// lessonQuoted is learned where LOGIN takes no literal (exmail.qq.com).
	lessonQuoted lesson = "quoted strings in LOGIN"
	// lessonID is learned where commands are refused until the server has been
	// told who asks, after the login (163.com and others like it: "Unsafe Login").
	lessonID lesson = "ID"
)

// says is the lesson in a sentence, for the log and for check --connect.
func (l lesson) says() string {
	switch l {
	case lessonLogin:
		return `it refuses AUTHENTICATE PLAIN, which it announces, so LOGIN is used; ignore = ["AUTH=PLAIN"] spares it the first try`
	case lessonQuoted:
		return "it takes no literals in LOGIN, so passwords go in quotes there"
	case lessonID:
		return "it wants to know who asks before it opens a mailbox, so it is sent ID behind each login"
	}
	return fmt.Sprintf("it refuses %s, which it announces, so it is used without; ignore = [%q] spares it the first try", string(l), string(l))
}

// lessonFor is how long a lesson holds: servers are mended too.
const lessonFor = 24 * time.Hour

// lessons are what one upstream has taught. They make logins quicker and quieter;
// whoever forgets them learns them again.
type lessons struct {
	trips trips

	mu    sync.Mutex
	at    map[lesson]time.Time
	deaf  time.Time // when it last did not hear what came in the flight of SELECT; zero: never
	lists time.Time // when it last told an account's mailboxes; zero: it never has, or has refused since
}

// oneByOne reports whether commands should wait for the answer to SELECT.
func (ls *lessons) oneByOne() bool {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	return !ls.deaf.IsZero() && time.Since(ls.deaf) < lessonFor
}

func (ls *lessons) beOneByOne() {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	ls.deaf = time.Now()
}

// answersList reports whether the server tells of mailboxes when it is asked, so that it need
// not be asked before it has to.
func (ls *lessons) answersList() bool {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	return !ls.lists.IsZero() && time.Since(ls.lists) < lessonFor
}

// listed notes whether it has done so.
func (ls *lessons) listed(told bool) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if ls.lists = (time.Time{}); told {
		ls.lists = time.Now()
	}
}

func (ls *lessons) has(l lesson) bool {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	at, ok := ls.at[l]
	return ok && time.Since(at) < lessonFor
}

// learn says so in the log, where it is news.
func (ls *lessons) learn(l lesson, u configs.Upstream, log hclog.Logger) {
	if ls.has(l) {
		return
	}
	log.Warn("popbridge does without something that the upstream announces but does not do properly", "upstream", u.Name, "learned", l.says())
	ls.mu.Lock()
	defer ls.mu.Unlock()
	ls.at[l] = time.Now()
}

func (ls *lessons) forget(l lesson) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	delete(ls.at, l)
}

// all gives what has been learned, in order.
func (ls *lessons) all() []lesson {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	var all []lesson
	for l, at := range ls.at {
		if time.Since(at) < lessonFor {
			all = append(all, l)
		}
	}
	slices.Sort(all)
	return all
}

// forgone are the capabilities that the server announces and that are not used.
func (ls *lessons) forgone() (caps []string) {
	for _, l := range ls.all() {
		if l != lessonLogin && l != lessonQuoted && l != lessonID {
			caps = append(caps, string(l))
		}
	}
	return caps
}

// lessonsOf gives what an upstream has taught; a reload forgets it all.
func (p *Pool) lessonsOf(u configs.Upstream) *lessons {
	key := u.Name + " " + u.Address
	p.mu.Lock()
	defer p.mu.Unlock()
	ls := p.lessons[key]
	if ls == nil {
		ls = &lessons{at: make(map[lesson]time.Time)}
		p.lessons[key] = ls
	}
	return ls
}

// ignores reports whether the operator has forbidden a capability (upstream.ignore).
func ignores(u configs.Upstream, c goimap.Cap) bool {
	return slices.ContainsFunc(u.Ignore, func(name string) bool { return strings.EqualFold(name, string(c)) })
}
