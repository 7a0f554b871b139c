package ledger

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"popbridge/translate"
)

// An intent comes back as it was written, and one that deletes a whole mailbox of
// 100,000 messages is no more than a few MB.
func TestAGreatIntent(t *testing.T) {
	messages := imap.UID(100_000)
	if testing.Short() {
		messages /= 10
	}
	intent := translate.Intent{UIDValidity: 1_700_000_000, UIDNext: messages + 1, Plan: translate.Plan{
		Ops: []translate.Op{{Kind: translate.OpMove, UIDs: imap.UIDSet{{Start: 1, Stop: messages}}, To: "Trash"}}, Deletes: int(messages),
	}}
	at := time.Date(2026, 2, 3, 4, 5, 6, 789, time.UTC)
	for uid := imap.UID(1); uid <= messages; uid++ {
		id := fmt.Sprintf("<%s@mail.example.org>", rand.Text())
		received := at.Add(time.Duration(uid) * 977 * time.Second)
		d := translate.Description{UID: uid, MessageID: id, Octets: int64(uid) * 7919 % 60_000, Received: received}
		intent.Marks = append(intent.Marks, translate.Mark{UID: uid, Print: d.Fingerprint()})
		intent.Deletions = append(intent.Deletions, translate.Deletion{
			At: at, Device: "scanner", Client: "192.0.2.17", UIDValidity: intent.UIDValidity, UID: uid,
			UniqueID: fmt.Sprintf("%08x%08x", uid, intent.UIDValidity), MessageID: id, Octets: d.Octets, Action: translate.DeleteTrash,
		})
	}
	plain, err := json.Marshal(intent)
	if err != nil {
		t.Fatal(err)
	}
	data, err := encodeIntent(intent)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d marks: %d octets of JSON, %d in the ledger", messages, len(plain), len(data))
	if most := int(messages) * 84; len(data) > most {
		t.Errorf("an intent of %d marks takes %d octets", messages, len(data))
	}
	back, err := decodeIntent(data)
	if err != nil || !reflect.DeepEqual(*back, intent) {
		t.Errorf("it comes back as another one: %v", err)
	}
	if _, err := decodeIntent(data[:len(data)/2]); err == nil {
		t.Error("half of an intent is taken for one")
	}
}

// An intent of any size comes back: a small one is kept as it is, and a larger one
// compressed, as all were once.
func TestAnIntentOfAnySize(t *testing.T) {
	for marks := 0; marks < 300; marks += 1 + marks/20 {
		intent := translate.Intent{UIDValidity: 7, UIDNext: 400, Plan: translate.Plan{Deletes: marks}}
		for i := range marks {
			intent.Marks = append(intent.Marks, translate.Mark{UID: imap.UID(i + 1)})
			intent.Deletions = append(intent.Deletions, translate.Deletion{UID: imap.UID(i + 1), MessageID: fmt.Sprintf("<%d@example.org>", i)})
		}
		data, err := encodeIntent(intent)
		if err != nil {
			t.Fatal(err)
		}
		if len(data) > plainIntent {
			t.Fatalf("an intent of %d marks is kept as %d octets", marks, len(data))
		}
		back, err := decodeIntent(data)
		if err != nil || !reflect.DeepEqual(*back, intent) {
			t.Fatalf("an intent of %d marks comes back as another one: %v", marks, err)
		}
	}
}
