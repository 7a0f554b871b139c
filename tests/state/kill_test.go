package state_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"popbridge/tests/bridge"
	"popbridge/tests/servers"
)

// actions are tried on a server with MOVE and on one without.
func actions() []string { return []string{"trash", "archive", "expunge", "flag", "hide"} }

// withoutMove is what a server announces that can expunge single messages, and
// move none.
const withoutMove = "IMAP4rev1 NAMESPACE IDLE UIDPLUS SPECIAL-USE AUTH=PLAIN"

// victim is one account through many interrupted sessions.
type victim struct {
	user, action string
	boxes        []string // that its maildrop shows
	w            *servers.Witness
	wire         *tripwire
	sent         int               // messages that INBOX was ever given
	ids, names   map[string]string // unique-id by Message-ID and the other way: it never changes
	marked       []string          // Message-IDs, by the last session
	confirmed    bool              // that session heard +OK
	away         map[string]bool   // Message-IDs of what has been deleted for certain
	original     map[string]string // by Message-ID
	home         map[string]string // the mailbox of each, by Message-ID
}

// TestKill ends popbridge with kill -9 while ten accounts say QUIT. In turns, one
// of them decides when: at a drawn point of what QUIT says upstream, so that the
// others are killed wherever they are.
func TestKill(t *testing.T) {
	t.Parallel()
	for _, d := range drivers(t) {
		// With SQLite a kill costs a start; with PostgreSQL also the time after
		// which the dead process's locks are free.
		rounds := map[string]int{"sqlite": 20, "postgres": 8}[d.name]
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			killing(t, d, rounds, "INBOX")
		})
	}
}

// kills is how often TestKillOverTwoMailboxes kills, or what POPBRIDGE_TEST_KILLS says:
// each time ten accounts say QUIT.
const kills = 4

// TestKillOverTwoMailboxes is TestKill where each QUIT deletes messages of two mailboxes:
// what was written down is settled in both.
func TestKillOverTwoMailboxes(t *testing.T) {
	t.Parallel()
	rounds := kills
	if text := os.Getenv("POPBRIDGE_TEST_KILLS"); text != "" {
		var err error
		if rounds, err = strconv.Atoi(text); err != nil || rounds < 1 {
			t.Fatalf("POPBRIDGE_TEST_KILLS is %q; it is a number from 1", text)
		}
	}
	killing(t, onSQLite(t), rounds, "INBOX", "Orders")
}

func killing(t *testing.T, d driver, rounds int, boxes ...string) {
	random := rand.New(rand.NewPCG(1939, 9))
	victims, config := newVictims(t, d, boxes)
	b := bridge.Start(t, config, d.secrets()...)
	for round := range rounds {
		for _, v := range victims {
			v.refill()
		}
		chosen := victims[round%len(victims)]
		p := point{command: 1 + random.IntN(6*len(boxes)), when: moment(random.IntN(int(moments)))}
		what := fmt.Sprintf("round %d, %s at %+v", round, chosen.user, p)
		kill := sync.OnceFunc(func() { _ = syscall.Kill(b.PID(), syscall.SIGKILL) })
		quits(t, b, victims, random, func() { chosen.wire.set(p, kill) })
		kill()
		b.Kill()
		chosen.wire.set(point{}, nil)

		b = bridge.Start(t, config, d.secrets()...)
		for _, v := range victims {
			v.check(t, b, what)
		}
		for user, n := range d.intents(t, victims) {
			expect(t, what+": "+user+": plans that are still written down", n, 0)
		}
		if t.Failed() {
			return
		}
	}
}

// newVictims makes the accounts and the configuration that serves them.
func newVictims(t *testing.T, d driver, boxes []string) ([]*victim, string) {
	var users []string
	for i := range 2 * len(actions()) {
		users = append(users, fmt.Sprintf("v%02d@example.org", i))
	}
	sites := []*servers.Server{dovecot(t, users, ""), dovecot(t, users, withoutMove)}
	var victims []*victim
	var ups, drops, routes strings.Builder
	for i, user := range users {
		v := &victim{
			user: user, action: actions()[i/2], boxes: boxes, home: make(map[string]string), w: witness(t, sites[i%2], user), wire: newTripwire(t, sites[i%2].IMAP),
			ids: make(map[string]string), names: make(map[string]string), away: make(map[string]bool), original: make(map[string]string),
		}
		victims = append(victims, v)
		for _, box := range boxes[1:] {
			v.w.CreateMailbox(box)
		}
		fmt.Fprintf(&ups, "  u%d: {address: %q, tls: none}\n", i, v.wire.address)
		fmt.Fprintf(&drops, "  m%d: {on_delete: %s, mailbox: [%s]}\n", i, v.action, strings.Join(boxes, ", "))
		fmt.Fprintf(&routes, "  - {user: %q, upstream: u%d, maildrop: m%d}\n", user, i, i)
	}
	config := "listener:\n  pop3: {address: \"127.0.0.1:0\", plaintext_auth: true}\n" + d.state + separator +
		"upstream:\n" + ups.String() + "maildrop:\n" + drops.String() + "route:\n" + routes.String()
	return victims, config
}

// letter is the n-th message of an account.
func letter(user string, n int) string {
	return fmt.Sprintf("From: sender@example.org\r\nMessage-ID: <%d@%s>\r\nSubject: letter %d\r\n\r\nletter %d\r\n%s", n, user, n, n, strings.Repeat("more\r\n", n%7))
}

// identify gives the Message-ID of a letter.
func identify(text string) string {
	_, rest, _ := strings.Cut(text, "Message-ID: ")
	id, _, _ := strings.Cut(rest, "\r\n")
	return id
}

// refill puts new messages into INBOX until a session has enough to delete.
func (v *victim) refill() {
	fresh := make(map[string][][]byte)
	for len(v.original)-len(v.away) < 5 {
		text, box := letter(v.user, v.sent), v.boxes[v.sent%len(v.boxes)]
		v.sent++
		v.original[identify(text)], v.home[identify(text)] = text, box
		fresh[box] = append(fresh[box], []byte(text))
	}
	for _, box := range v.boxes {
		v.w.Fill(box, fresh[box])
	}
}

// choose draws what a session marks: something of each mailbox, if it can.
func (v *victim) choose(random *rand.Rand, seen []string) (numbers []int) {
	drawn := random.Perm(len(seen))
	most := 1 + random.IntN(3)
	if len(v.boxes) == 1 {
		return drawn[:most]
	}
	touched := make(map[string]bool)
	for _, n := range drawn {
		if box := v.home[seen[n]]; !touched[box] || len(numbers) < most {
			touched[box], numbers = true, append(numbers, n)
		}
	}
	return numbers
}

// quits lets every victim mark something and say QUIT, all at once, and returns
// when all have an answer or none is to be had any more. It calls armed before
// the first QUIT.
func quits(t *testing.T, b *bridge.Bridge, victims []*victim, random *rand.Rand, armed func()) {
	t.Helper()
	conns := make([]net.Conn, len(victims))
	for i, v := range victims {
		conn, err := net.Dial("tcp", b.Address("pop3"))
		if err != nil {
			t.Fatal(err)
		}
		conns[i] = conn
		c := bridge.Use(t, conn)
		c.Expect("+OK")
		c.OK("USER " + v.user)
		c.OK("PASS " + password(v.user))
		seen := v.learn(t, c)
		v.marked, v.confirmed = nil, false
		n := random.IntN(len(seen))
		expect(t, "a message again", string(c.Message(fmt.Sprintf("RETR %d", n+1))), v.original[seen[n]])
		for _, n := range v.choose(random, seen) {
			c.OK(fmt.Sprintf("DELE %d", n+1))
			v.marked = append(v.marked, seen[n])
		}
	}
	armed()
	var all sync.WaitGroup
	for i, v := range victims {
		all.Go(func() {
			defer conns[i].Close()
			_ = conns[i].SetDeadline(time.Now().Add(time.Minute))
			_, _ = io.WriteString(conns[i], "QUIT\r\n") // it may be dead by now
			answer, _ := io.ReadAll(conns[i])
			v.confirmed = strings.HasPrefix(string(answer), "+OK")
		})
	}
	all.Wait()
}

// learn gives the Message-IDs of what a device sees, in order, and fails where a
// message has not the unique-id that it had, or is not what it was.
func (v *victim) learn(t *testing.T, c *bridge.Client) []string {
	t.Helper()
	ids := c.UniqueIDs()
	seen := make([]string, len(ids))
	for n, id := range ids {
		if name, known := v.names[id]; known {
			seen[n] = name
			continue
		}
		text := string(c.Message(fmt.Sprintf("RETR %d", n+1)))
		name := identify(text)
		v.names[id] = name
		if text != v.original[name] {
			t.Errorf("%s: %s is %q", v.user, id, text)
		}
		if old, known := v.ids[name]; known && old != id {
			t.Errorf("%s: %s had the unique-id %s and has %s", v.user, name, old, id)
		}
		v.ids[name] = id
		seen[n] = name
	}
	return seen
}

// check is the next login after a kill, by another device first where the
// action concerns one device alone.
func (v *victim) check(t *testing.T, b *bridge.Bridge, what string) {
	t.Helper()
	what += ": " + v.user + " (" + v.action + ")"
	if v.action == "hide" {
		c := patientLogin(t, b, v.user, "other")
		if seen := v.learn(t, c); len(seen) != len(v.original) {
			t.Errorf("%s: another device sees %d messages of %d", what, len(seen), len(v.original))
		}
		c.Quit()
	}
	c := patientLogin(t, b, v.user, "")
	seen := v.learn(t, c)
	c.Quit()

	kept := 0
	for name := range v.original {
		there := slices.Contains(seen, name)
		switch {
		case slices.Contains(v.marked, name):
			if there {
				kept++
			}
		case v.away[name] == there:
			t.Errorf("%s: %s was not marked by this session; seen now: %t, deleted before: %t", what, name, there, v.away[name])
		}
	}
	switch {
	case kept != 0 && kept != len(v.marked):
		t.Errorf("%s: of %d marked messages %d are still there", what, len(v.marked), kept)
	case kept != 0 && v.confirmed:
		t.Errorf("%s: QUIT was confirmed, and what was marked is still there", what)
	case kept == 0:
		for _, name := range v.marked {
			v.away[name] = true
		}
	}
	v.conserved(t, what)
}

// conserved: IMAP has each message once, in the mailbox where it belongs.
func (v *victim) conserved(t *testing.T, what string) {
	t.Helper()
	var target [][]byte
	left := make(map[string][][]byte)
	for name, text := range v.original {
		if v.away[name] && v.action != "hide" && v.action != "flag" {
			target = append(target, []byte(text))
		} else {
			left[v.home[name]] = append(left[v.home[name]], []byte(text))
		}
	}
	for _, box := range v.boxes {
		same(t, what+": "+box, contents(t, v.w, box), left[box])
	}
	switch v.action {
	case "trash":
		same(t, what+": Trash", contents(t, v.w, "Trash"), target)
	case "archive":
		same(t, what+": Archive", contents(t, v.w, "Archive"), target)
	}
}

// patientLogin logs in as soon as the lock is free: at once, but where another
// process has died that held it, which PostgreSQL knows only seconds later.
func patientLogin(t *testing.T, b *bridge.Bridge, user, device string) *bridge.Client {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		c := bridge.Dial(t, b.Address("pop3"))
		c.OK("USER " + named(user, device))
		c.Send("PASS " + password(user) + "\r\n")
		answer := c.Line()
		if strings.HasPrefix(answer, "+OK") {
			return c
		}
		c.Cut()
		if !strings.HasPrefix(answer, "-ERR [IN-USE] ") || time.Now().After(end) {
			t.Fatalf("%s: %s", user, answer)
		}
	}
}
