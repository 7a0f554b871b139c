package filing

import (
	"context"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/maildrop/part"
	"popbridge/translate"
)

// learnAtLogin is how many new messages a login learns the content of, so that they are
// known wherever somebody files them to. Of more it learns behind the session.
const learnAtLogin = 500

// findLost learns what new messages are, and finds those again that were lost elsewhere.
func (m *settler) findLost(ctx context.Context, s *translate.Settlement) (keys []map[imap.UID]translate.ContentKey, found []translate.Found, err error) {
	keys = make([]map[imap.UID]translate.ContentKey, len(m.parts))
	if m.fresh(s) == 0 {
		return keys, nil, nil
	}
	held := make(map[string]translate.Listing, len(m.parts))
	for _, p := range m.parts {
		held[p.Name] = p.Listing
		held[m.nameOf(p)] = p.Listing
	}
	lost, err := m.page.Lost(ctx, held)
	if err != nil {
		return nil, nil, translate.Refused(err)
	}
	found = s.Matched(lost)
	count := m.fresh(s)
	for i, p := range m.parts {
		if keys[i], err = keysOf(ctx, p, p.Fresh, len(lost) > len(found) || count <= learnAtLogin); err != nil {
			return nil, nil, err
		}
	}
	return keys, append(found, s.Find(lost, keys)...), nil
}

// fresh notes which messages devices have not seen yet, and counts them.
func (m *settler) fresh(s *translate.Settlement) (count int) {
	for i, entries := range s.Fresh() {
		m.parts[i].Fresh = entries
		count += len(entries)
	}
	return count
}

// keysOf gives the keys of messages: what the server says of their sameness, else what
// is known or can be learned of their content.
func keysOf(ctx context.Context, m *part.Part, entries []translate.Entry, learn bool) (map[imap.UID]translate.ContentKey, error) {
	keys := make(map[imap.UID]translate.ContentKey, len(entries))
	var rest []translate.Entry
	for _, e := range entries {
		if e.Same == 0 {
			rest = append(rest, e)
			continue
		}
		keys[e.UID] = translate.SameKey(e.Same)
	}
	if len(rest) == 0 || !learn {
		return keys, nil
	}
	learned, err := m.Keys(ctx, m.Listing, rest)
	if err != nil {
		return nil, err
	}
	for _, e := range rest {
		keys[e.UID] = learned[e.UID]
	}
	return keys, nil
}
