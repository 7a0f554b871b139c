package pop3box

import (
	"context"
	"errors"
	"fmt"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/translate"
)

// errRenamed refuses to remove what a unique-id no longer stands for. Servers that
// make them of message numbers are known: on another connection they give them to
// other messages.
var errRenamed = errors.New("the connection was lost, and the server has given the unique-id of a message to another one")

// sameMessages makes sure, after a connection that was lost, that unique-ids mean what
// they meant before: every message that is still listed has the octets that it had,
// and each of those that are to be removed the header that was seen of it. A server
// that lists other octets for the same message costs the device a second QUIT at the
// most: the next login settles what this one has begun, by headers.
func (m *Mailbox) sameMessages(ctx context.Context, numbers map[int]goimap.UID) error {
	octets := make(map[goimap.UID]int64, len(m.listing.Entries))
	for _, e := range m.listing.Entries {
		octets[e.UID] = e.Size
	}
	for i, uid := range m.numbers.uids {
		if was, listed := octets[uid]; listed && was != m.numbers.now[i].Octets {
			return translate.Temporary(errRenamed)
		}
	}
	var seen []int
	for n, uid := range numbers {
		if _, ok := m.seen[uid]; ok {
			seen = append(seen, n)
		}
	}
	var wrong error
	err := m.headers(ctx, seen, func(n int, header []byte, refused error) error {
		now, was := translate.Describe(numbers[n], header), m.seen[numbers[n]]
		switch {
		case refused != nil:
			wrong = translate.Temporary(fmt.Errorf("the header of message %d cannot be read: %w", n, refused))
		case now.Key != was.Key || now.MessageID != was.MessageID:
			wrong = translate.Temporary(errRenamed)
		}
		return nil // an error here would end the connection
	})
	if err != nil {
		return err
	}
	return wrong
}
