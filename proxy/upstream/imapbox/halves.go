package imapbox

import (
	"context"
	"errors"
	"slices"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/proxy/imap"
	"popbridge/translate"
)

const (
	// maxRefusals bounds what is asked again in parts: so many messages are not
	// each in the way of all the others, and the server has some other trouble.
	maxRefusals = 1000
	// maxFruitless bounds it where nothing has come at all: more than it takes to
	// get down to one message of ten million.
	maxFruitless = 30
)

// refused reports whether an error is a server's NO or BAD to one command.
func (m *Mailbox) refused(err error) bool {
	var status *imap.StatusError
	return errors.As(err, &status) && !m.lost()
}

// inHalves asks for attributes of messages, and where the server refuses because
// of one of them, as Yahoo does, for the others in ever smaller parts. each reports
// whether all has come of a message. inHalves gives those that the server refuses
// alone; where nothing else came, the refusal is the error.
func (m *Mailbox) inHalves(ctx context.Context, set goimap.UIDSet, items imap.Items, each func(*imap.Message) bool) (bad goimap.UIDSet, err error) {
	var told []goimap.UID
	noting := func(msg *imap.Message) error {
		if each(msg) {
			told = append(told, msg.UID)
		}
		return nil
	}
	refusal := m.conn.fetch(ctx, set, items, noting)
	if refusal == nil || !m.refused(refusal) {
		return nil, refusal
	}
	parts := split(translate.Members(set), told)
	for refusals := 1; len(parts) > 0; {
		part := parts[len(parts)-1]
		parts = parts[:len(parts)-1]
		before := len(told)
		err := m.conn.wire.Fetch(ctx, goimap.UIDSetNum(part...), items, noting)
		if err == nil {
			continue
		}
		refusal = err
		if refusals++; !m.refused(err) || refusals > maxRefusals || len(told) == 0 && refusals > maxFruitless {
			return bad, err
		}
		if came := told[before:]; len(part) == 1 && len(came) == 0 {
			bad.AddNum(part[0])
		} else {
			parts = append(parts, split(part, came)...)
		}
	}
	if len(told) == 0 {
		return bad, refusal
	}
	return bad, nil
}

// split gives the parts in which messages are asked for again, the last one first.
// A server that has told of some most likely stumbled over the one after them;
// one that told nothing may mean any.
func split(part, came []goimap.UID) (parts [][]goimap.UID) {
	middle := (len(part) + 1) / 2
	if len(came) > 0 {
		came = slices.Sorted(slices.Values(came))
		part = slices.DeleteFunc(slices.Clone(part), func(uid goimap.UID) bool { _, ok := slices.BinarySearch(came, uid); return ok })
		middle = min(1, len(part))
	}
	for _, p := range [][]goimap.UID{part[middle:], part[:middle]} {
		if len(p) > 0 {
			parts = append(parts, p)
		}
	}
	return parts
}
