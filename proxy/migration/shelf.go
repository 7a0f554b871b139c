package migration

import (
	"context"
	"fmt"

	"github.com/emersion/go-imap/v2"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/route"
	"popbridge/translate"
)

// shelf is all that an account's maildrop shows on an upstream: one mailbox, or several
// among which the new server's filters may have filed what lay in the old server's one.
// For a match each message has a number over all of them: its UID where there is one.
type shelf struct {
	parts   []*box
	several backend.Mailbox // the connection that the parts share; nil: there is one part, which has its own
	spots   []spot          // by number, from 1
	numbers map[spot]imap.UID
}

// shelfOn gives what the ledger remembers of all that is shown. Several mailboxes are
// opened for that, since only the server knows which there are.
func (s *Site) shelfOn(ctx context.Context, upstream string, a Account) (*shelf, error) {
	where, err := s.on(ctx, upstream, a.Name)
	if err != nil {
		return nil, err
	}
	first, err := s.remembered(ctx, upstream, a)
	if err != nil {
		return nil, err
	}
	f := &shelf{parts: []*box{first}, numbers: make(map[spot]imap.UID)}
	if !where.Maildrop.Mailbox.Several() || where.Upstream.Protocol == configs.ProtocolPOP3 {
		return f, nil
	}
	if err := first.open(ctx); err != nil {
		return nil, err
	}
	f.several, f.parts = first.mailbox, nil
	for _, one := range shownBy(first.mailbox, where) {
		b := &box{site: s, upstream: upstream, account: a, mailbox: one.Mailbox}
		place := where.Box()
		b.beside = one.Name != place.Mailbox
		place.Mailbox = one.Name
		if b.inventory, err = s.Ledger.Mailboxes.LoadInventory(ctx, place); err != nil {
			f.close()
			return nil, err
		}
		f.parts = append(f.parts, b)
	}
	return f, nil
}

// shownBy gives the mailboxes that an open one shows, under the names that the ledger has
// for them: the maildrop's first is called as the configuration calls it.
func shownBy(m backend.Mailbox, where route.Target) []backend.Shown {
	first := where.Box().Mailbox
	several, ok := m.(backend.Several)
	if !ok || !where.Maildrop.Mailbox.Several() {
		return []backend.Shown{{Name: first, Mailbox: m}}
	}
	all, isFirst := several.Shown()
	if isFirst {
		all[0].Name = first
	}
	return all
}

func (f *shelf) close() {
	if f.several != nil {
		_ = f.several.Close() // nothing was changed in it
		return
	}
	for _, b := range f.parts {
		b.close()
	}
}

// list brings what is remembered of all up to date. careful refuses where nothing is left
// of what is known: of one of several mailboxes all may have been filed into another.
func (f *shelf) list(ctx context.Context, careful bool) error {
	before, now := 0, 0
	for _, b := range f.parts {
		b.careful = careful && f.several == nil
		before += len(shown(b.inventory.Listing))
		if err := b.list(ctx); err != nil {
			return err
		}
		now += len(b.inventory.Listing.Entries)
	}
	if careful && now == 0 && before > 0 {
		return fmt.Errorf("upstream %q: %w: the mailboxes are empty, and %d messages are known", f.parts[0].upstream, ErrLess, before)
	}
	return nil
}

// len is how many messages there are.
func (f *shelf) len() (n int) {
	for _, b := range f.parts {
		n += len(b.inventory.Listing.Entries)
	}
	return n
}

// spot names a message of a part.
func (b *box) spot(uid imap.UID) spot {
	return spot{b.inventory.Box.Mailbox, b.inventory.Listing.UIDValidity, uid}
}

// candidates are the messages of all mailboxes as a Matcher wants them, one mailbox after
// the other.
func (f *shelf) candidates() (all []translate.Candidate) {
	for _, b := range f.parts {
		before := len(all)
		for _, c := range b.candidates() {
			if f.several != nil {
				f.spots = append(f.spots, b.spot(c.UID))
				number := imap.UID(len(f.spots))
				f.numbers[b.spot(c.UID)] = number
				c.UID, c.Position = number, before+c.Position
			}
			all = append(all, c)
		}
	}
	return all
}

// mine gives the UIDs of those messages, by number, that lie in a part.
func (f *shelf) mine(b *box, numbers []imap.UID) (uids []imap.UID) {
	if f.several == nil {
		return numbers
	}
	for _, n := range numbers {
		if s := f.spots[n-1]; s == b.spot(s.uid) {
			uids = append(uids, s.uid)
		}
	}
	return uids
}

// number gives the number of a part's message.
func (f *shelf) number(b *box, uid imap.UID) imap.UID {
	if f.several == nil {
		return uid
	}
	return f.numbers[b.spot(uid)]
}

// learn reads what a step needs of some messages and tells it to the Matcher.
func (f *shelf) learn(ctx context.Context, m *translate.Matcher, step translate.Step, numbers []imap.UID) error {
	for _, b := range f.parts {
		known := func(uid imap.UID, p translate.Print) { m.Learn(translate.New, f.number(b, uid), step, p) }
		if err := b.learn(ctx, step, f.mine(b, numbers), known); err != nil {
			return err
		}
	}
	return nil
}

// matchOf is the part of a match that is one mailbox's. What is in no pair is counted
// with the first.
func (f *shelf) matchOf(b *box, all translate.Match) translate.Match {
	if f.several == nil {
		return all
	}
	one := translate.Match{}
	if b == f.parts[0] {
		one = all
	}
	one.Pairs = nil
	for _, p := range all.Pairs {
		if s := f.spots[p.New-1]; s == b.spot(s.uid) {
			p.New = s.uid
			one.Pairs = append(one.Pairs, p)
		}
	}
	return one
}
