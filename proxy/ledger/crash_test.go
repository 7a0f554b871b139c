package ledger_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/ledger"
	"popbridge/translate"
)

// victimOf names, in the environment, the ledger that a victim writes to.
const victimOf = "POPBRIDGE_TEST_LEDGER"

// kills is how often the victim is killed in the middle of its work.
const kills = 100

// TestVictim is the process that TestKilledInTheMiddle kills; by itself it has
// nothing to do. At each login it intends, does and records the deletion of one
// message, and says what it has done on standard output.
func TestVictim(t *testing.T) {
	path := os.Getenv(victimOf)
	if path == "" {
		return
	}
	s := place{ledger.Options{Driver: ledger.DriverSQLite, Source: path}, true, nil}.open(t)
	for {
		p := opens(t, s, key(""))
		known := knows(t, p, 7)
		if known.Intent != nil {
			settles(t, p, settled(known.Intent.Plan.Hide))
			fmt.Println("settled", known.Intent.Plan.Hide)
			closes(t, p)
			continue
		}
		if len(p.Listing().Entries) == 0 {
			records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, upTo(500)...)}})
		}
		uid := imap.UID(len(known.Hidden) + 1)
		if err := p.Intend(t.Context(), translate.Intent{UIDValidity: 7, Plan: translate.Plan{Hide: imap.UIDSetNum(uid)}}); err != nil {
			t.Fatal(err)
		}
		fmt.Println("intended", uid)
		settles(t, p, settled(imap.UIDSetNum(uid)))
		fmt.Println("recorded", uid)
		closes(t, p)
	}
}

// settled is what is recorded when one message has been put away: all of it, or
// nothing.
func settled(hide imap.UIDSet) translate.Facts {
	uid := hide[0].Start
	return translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Octets: map[imap.UID]int64{uid: 1}}, Hide: hide, Pins: map[imap.UID]string{uid: fmt.Sprint(uid)}, Deletions: []translate.Deletion{{At: time.Now(), UIDValidity: 7, UID: uid, Action: translate.DeleteHide}}}
}

func TestKilledInTheMiddle(t *testing.T) {
	at := sqliteAt(t)
	done, intended := imap.UID(0), imap.UID(0)
	for range kills {
		lines := 1 + rand.IntN(6)
		for _, line := range killAfter(t, at.Source, lines) {
			verb, number, _ := strings.Cut(line, " ")
			uid, err := strconv.ParseUint(number, 10, 32)
			if err != nil {
				t.Fatalf("the victim said %q", line)
			}
			if verb == "intended" {
				intended = imap.UID(uid)
			} else {
				done = imap.UID(uid)
			}
		}
	}
	s := at.open(t)
	p := opens(t, s, key(""))
	k := knows(t, p, 7)
	// One more than the victim could say may have been done.
	n := imap.UID(len(k.Hidden))
	if n < done || n > max(done, intended)+1 || !sameSet(k.Hidden, upTo(n)...) {
		t.Errorf("hidden are %d messages; recorded were %d, intended %d", n, done, intended)
	}
	if len(k.UniqueIDs) != int(n) || len(k.Octets) != int(n) || len(p.Listing().Entries) != 500 {
		t.Errorf("%d hidden, %d pinned, %d measured, %d listed", n, len(k.UniqueIDs), len(k.Octets), len(p.Listing().Entries))
	}
	journal, err := s.Deletions(context.Background(), "alice@example.org", ledger.Filter{})
	if err != nil || len(journal) != int(n) {
		t.Errorf("the journal has %d lines (%v), not %d", len(journal), err, n)
	}
	if k.Intent != nil && k.Intent.Plan.Hide[0].Start != n+1 {
		t.Errorf("the interrupted plan is %v, after %d messages", k.Intent.Plan.Hide, n)
	}
	t.Logf("%d kills, %d messages put away", kills, n)
}

// killAfter runs a victim until it has said so many lines, kills it at once, and
// gives all that it has said.
func killAfter(t *testing.T, path string, lines int) (said []string) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run", "^TestVictim$")
	cmd.Env = append(os.Environ(), victimOf+"="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	scanner := bufio.NewScanner(out)
	for scanner.Scan() {
		if said = append(said, scanner.Text()); len(said) == lines {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil || len(said) < lines {
		t.Fatalf("the victim ended by itself (%v) after %q", err, said)
	}
	return said
}
