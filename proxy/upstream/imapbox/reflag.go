package imapbox

import (
	"context"
	"strings"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/proxy/imap"
	"popbridge/translate"
)

func flags(fs []goimap.Flag) (flags translate.EntryFlags) {
	for _, f := range fs {
		switch {
		case strings.EqualFold(string(f), string(goimap.FlagDeleted)):
			flags |= translate.FlagDeleted
		case strings.EqualFold(string(f), string(translate.KeywordDeleted)):
			flags |= translate.FlagPOP3Deleted
		}
	}
	return flags
}

// reflag asks for the few messages that carry one of the flags that matter.
func (m *Mailbox) reflag(ctx context.Context, l translate.Listing) (translate.Listing, error) {
	found, err := m.conn.search(ctx, "OR DELETED KEYWORD "+string(translate.KeywordDeleted))
	if m.refused(err) {
		return m.reflagAll(ctx, l)
	}
	if err != nil {
		return l, err
	}
	var deleted, pop3Deleted goimap.UIDSet
	if len(found) > 0 {
		told := make(map[goimap.UID]struct{})
		_, err = m.inParts(ctx, translate.Subtract(found, m.stumbled()), imap.Items{Flags: true, Incomplete: true}, func(msg *imap.Message) bool {
			if msg.Has&imap.AttrFlags == 0 {
				return false
			}
			f := flags(msg.Flags)
			if f&translate.FlagDeleted != 0 {
				deleted.AddNum(msg.UID)
			}
			if f&translate.FlagPOP3Deleted != 0 {
				pop3Deleted.AddNum(msg.UID)
			}
			told[msg.UID] = struct{}{}
			return true
		})
		// What the search has found, and the server tells nothing of, carries one of
		// them, or is gone.
		for _, uid := range translate.Members(found) {
			if _, ok := told[uid]; !ok {
				deleted.AddNum(uid)
			}
		}
	}
	if err != nil && !m.declined(err) {
		return l, err
	}
	return l.WithFlags(translate.Member(deleted), translate.Member(pop3Deleted)), nil
}

// reflagAll asks for the flags of every message, where the server refuses SEARCH.
// One that it does not tell of keeps what was known.
func (m *Mailbox) reflagAll(ctx context.Context, l translate.Listing) (translate.Listing, error) {
	var all goimap.UIDSet
	now := make(map[goimap.UID]translate.EntryFlags, len(l.Entries))
	for _, e := range l.Entries {
		all.AddNum(e.UID)
		now[e.UID] = e.Flags
	}
	if len(all) == 0 {
		return l, nil
	}
	_, err := m.inParts(ctx, translate.Subtract(all, m.stumbled()), imap.Items{Flags: true, Incomplete: true}, func(msg *imap.Message) bool {
		if msg.Has&imap.AttrFlags == 0 {
			return false
		}
		now[msg.UID] = flags(msg.Flags)
		return true
	})
	if err != nil {
		return l, err
	}
	carries := func(f translate.EntryFlags) func(goimap.UID) bool {
		return func(uid goimap.UID) bool { return now[uid]&f != 0 }
	}
	return l.WithFlags(carries(translate.FlagDeleted), carries(translate.FlagPOP3Deleted)), nil
}

// search is SEARCH, without RETURN where the server refuses that. What it refuses
// then it refuses as such, and the caller has to do without.
func (c *connection) search(ctx context.Context, criteria string) (found goimap.UIDSet, err error) {
	err = c.insist(ctx, goimap.CapESearch, func() (err error) {
		found, err = c.wire.Search(ctx, criteria)
		return err
	})
	return found, err
}
