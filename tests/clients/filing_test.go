package clients_test

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"popbridge/tests/bridge"
	"popbridge/tests/clients"
	"popbridge/tests/servers"
)

const (
	// filingRounds is how often TestFiling lets each program poll, unless
	// POPBRIDGE_TEST_FILING says another number.
	filingRounds = 3
	// filed is how many messages there are when the first program comes; each round
	// brings two more.
	filed = 30
	// filingPause is the least of the longest waits between two moves, and filingBreath how
	// many times the last move such a wait may take: on a machine that is slow with moves,
	// listings are slow, too. They are there so that the machine does something else as
	// well; nothing is measured by them.
	filingPause  = 60 * time.Millisecond
	filingBreath = 20
)

// filingBoxes are the mailboxes that messages are moved among.
var filingBoxes = []string{"INBOX", "Orders", "Orders/2024", "Faxes"}

// TestFiling: while a script files messages among the shown mailboxes, as fast as it can
// but for a breath, each program sees each message once; and one that deletes what it
// retrieves leaves none, and loses none.
func TestFiling(t *testing.T) {
	rounds := filingRounds
	if text := os.Getenv("POPBRIDGE_TEST_FILING"); text != "" {
		var err error
		if rounds, err = strconv.Atoi(text); err != nil || rounds < 1 {
			t.Fatalf("POPBRIDGE_TEST_FILING is %q; it is a number from 1", text)
		}
	}
	mail := servers.StartDovecot(t, servers.Dovecot{Users: map[string]string{login: password}})
	w := servers.Dial(t, mail.IMAP, login, password)
	for _, box := range filingBoxes[1:] {
		w.CreateMailbox(box)
	}
	messages := letters()
	w.Fill("INBOX", messages[:filed])
	b := bridge.Start(t, bridge.YAML(mail.IMAP, "none", "", "maildrop:\n  default:\n    mailbox: [INBOX, \"Orders*\", Faxes]\n"+
		bridge.State("sqlite", filepath.Join(t.TempDir(), "state.db"))+"login:\n  device_separator: \"+\"\n"), password)
	programs := clients.Remembering()
	users, got := make([]*clients.User, len(programs)), make([][][]byte, len(programs))
	for i, p := range programs {
		users[i] = clients.NewUser(t, b.Address("pop3"), login+"+"+p.Name, password)
	}
	poll := func() {
		for i, p := range programs {
			got[i] = append(got[i], p.Poll(t, users[i], false)...)
		}
	}
	moved, stop := files(t, mail.IMAP)
	for round := range rounds {
		from := filed + 2*round
		w.Fill(filingBoxes[round%len(filingBoxes)], messages[from%count:from%count+2])
		poll()
	}
	for end := time.Now().Add(patience); moved.Load() < int64(5*rounds) && time.Now().Before(end); {
		poll() // one slow move has long breaths behind it
	}
	moves := stop()
	poll()
	t.Logf("%d rounds, %d moves", rounds, moves)
	for i, p := range programs {
		t.Run(p.Name, func(t *testing.T) { same(t, got[i], messages[:filed+2*rounds]) })
	}
	if moves < int64(5*rounds) {
		t.Errorf("only %d moves in %d rounds: this proves nothing", moves, rounds)
	}
	t.Run("and deleted", func(t *testing.T) {
		deleter := clients.NewUser(t, b.Address("pop3"), login+"+deleter", password)
		_, stop := files(t, mail.IMAP)
		got := programs[0].Poll(t, deleter, true)
		stop()
		got = append(got, programs[0].Poll(t, deleter, true)...)
		same(t, got, messages[:filed+2*rounds])
		same(t, everything(t, w, "Trash"), messages[:filed+2*rounds])
	})
}

// everything is what a mailbox holds.
func everything(t *testing.T, w *servers.Witness, mailbox string) (messages [][]byte) {
	t.Helper()
	for _, uid := range w.UIDs(mailbox) {
		messages = append(messages, w.Raw(mailbox, uid))
	}
	return messages
}

// files moves messages from one mailbox to another until it is stopped, and counts the
// moves.
func files(t *testing.T, address string) (moves *atomic.Int64, stop func() int64) {
	t.Helper()
	w := servers.Dial(t, address, login, password)
	random := rand.New(rand.NewPCG(13, 13))
	end := make(chan struct{})
	moves = new(atomic.Int64)
	var failure error
	var running sync.WaitGroup
	running.Go(func() {
		longest := filingPause
		for failure == nil {
			select {
			case <-end:
				return
			case <-time.After(time.Duration(random.Int64N(int64(longest)))):
			}
			order, begun := random.Perm(len(filingBoxes)), time.Now()
			moved, err := moveOne(w, random, filingBoxes[order[0]], filingBoxes[order[1]])
			longest = max(filingPause, filingBreath*time.Since(begun))
			if failure = err; moved {
				moves.Add(1)
			}
		}
	})
	stopped := sync.OnceFunc(func() {
		close(end)
		running.Wait()
	})
	t.Cleanup(stopped)
	return moves, func() int64 {
		stopped()
		if failure != nil {
			t.Fatalf("moving: %v", failure)
		}
		return moves.Load()
	}
}

// moveOne moves one message, if there is any.
func moveOne(w *servers.Witness, random *rand.Rand, from, to string) (moved bool, err error) {
	selected, err := w.Client.Select(from, nil).Wait()
	if err != nil || selected.NumMessages == 0 {
		return false, err
	}
	var set imap.SeqSet
	set.AddNum(1 + random.Uint32N(selected.NumMessages))
	_, err = w.Client.Move(set, to).Wait()
	var no *imap.Error
	if errors.As(err, &no) && no.Code == expungeIssued {
		return false, nil // a device has deleted it
	}
	return err == nil, err
}

// expungeIssued is RFC 5530's: the message is not there any more.
const expungeIssued imap.ResponseCode = "EXPUNGEISSUED"
