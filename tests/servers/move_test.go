package servers

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/emersion/go-imap/v2"
)

// TestAMoveIsSeenAtOnce: when UID MOVE is answered with OK, another connection
// that looks then sees the messages where they went, and not where they were. All
// tests of what QUIT has moved rest on this, so none of them waits.
//
// Cyrus was once believed to be late. Its source code as published commits the target
// before it expunges the source. Of some 1,190 moves under load none was late; 135 of
// them were traced, each with its COPYUID.
func TestAMoveIsSeenAtOnce(t *testing.T) {
	const rounds, others = 30, 3
	for _, kind := range All() {
		if kind.Name != "dovecot" && kind.Name != "cyrus" {
			continue // it has no MOVE
		}
		t.Run(kind.Name, func(t *testing.T) {
			s := kind.Start(t, nil)
			mover, looker := Dial(t, s.IMAP, alice, Users()[alice]), Dial(t, s.IMAP, alice, Users()[alice])
			if !mover.Client.Caps().Has(imap.CapMove) {
				t.Fatal("it announces no MOVE")
			}
			for round := range rounds {
				// Trash is there and fills; others are made for the one move.
				target := "Trash"
				if round%others == 1 {
					target = fmt.Sprintf("Made %d", round)
					mover.CreateMailbox(target)
				}
				before := looker.UIDs(target)
				looker.Fill("INBOX", Messages(3))
				uids := looker.UIDs("INBOX")
				moved := []imap.UID{uids[len(uids)-3], uids[len(uids)-1]}
				mover.choose("INBOX")
				data, err := mover.Client.Move(imap.UIDSetNum(moved...), target).Wait()
				if err != nil {
					t.Fatal(err)
				}
				inbox, after := looker.UIDs("INBOX"), looker.UIDs(target)
				gone := !slices.ContainsFunc(moved, func(uid imap.UID) bool { return slices.Contains(inbox, uid) })
				if !gone || len(after) != len(before)+len(moved) {
					files, _ := os.ReadDir(filepath.Join(s.MailFolder(alice), target))
					t.Fatalf("round %d: %v went to %q (%+v); INBOX holds %v, %q held %v and holds %v, its folder on disk %v",
						round, moved, target, data, inbox, target, before, after, files)
				}
			}
		})
	}
}
