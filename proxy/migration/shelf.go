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
// among which the new server's filters may have filed what lay elsewhere on the old one.
// For a match each message has a number over all of them: its UID where there is one.
type shelf struct {
	parts   []*box
	several backend.Mailbox // the connection that the parts share; nil: each has its own, or none could be opened
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

// shelfFrom is shelfOn for the server that an account leaves. Where nobody can look into
// that any more, what is remembered of its mailboxes has to do.
func (s *Site) shelfFrom(ctx context.Context, upstream string, a Account) (*shelf, error) {
	f, err := s.shelfOn(ctx, upstream, a)
	if err == nil || ctx.Err() != nil {
		return f, err
	}
	f, rerr := s.shelfRemembered(ctx, upstream, a)
	if rerr != nil || f.len() == 0 {
		return nil, err
	}
	for _, b := range f.parts {
		b.refused = err
	}
	return f, nil
}

// shelfRemembered gives the mailboxes that devices have been served from, without a look at
// the server.
func (s *Site) shelfRemembered(ctx context.Context, upstream string, a Account) (*shelf, error) {
	where, err := s.on(ctx, upstream, a.Name)
	if err != nil {
		return nil, err
	}
	first, err := s.remembered(ctx, upstream, a)
	f := &shelf{parts: []*box{first}, numbers: make(map[spot]imap.UID)}
	if err != nil || !where.Maildrop.Mailbox.Several() {
		return f, err
	}
	names, err := s.Ledger.ShownMailboxes(ctx, a.Name, where.Key.Name, where.Box())
	for _, name := range names {
		if err != nil {
			break
		}
		b, place := &box{site: s, upstream: upstream, account: a, beside: true}, where.Box()
		place.Mailbox = name
		b.inventory, err = s.Ledger.Mailboxes.LoadInventory(ctx, place)
		f.parts = append(f.parts, b)
	}
	return f, err
}

// listed are the parts that were ever listed.
func (f *shelf) listed() (parts []*box) {
	for _, b := range f.parts {
		if b.inventory.Listing.UIDValidity != 0 {
			parts = append(parts, b)
		}
	}
	return parts
}

// numbered says that messages have numbers of their own.
func (f *shelf) numbered() bool { return f.several != nil || len(f.parts) > 1 }

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
			if f.numbered() {
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
	for _, n := range numbers {
		if uid, ok := f.in(b, n); ok {
			uids = append(uids, uid)
		}
	}
	return uids
}

// in gives the UID of a message, by number, in a part, where it lies in that.
func (f *shelf) in(b *box, number imap.UID) (uid imap.UID, ok bool) {
	if !f.numbered() {
		return number, true
	}
	s := f.spots[number-1]
	return s.uid, s == b.spot(s.uid)
}

// number gives the number of a part's message.
func (f *shelf) number(b *box, uid imap.UID) imap.UID {
	if !f.numbered() {
		return uid
	}
	return f.numbers[b.spot(uid)]
}

// learn reads what a step needs of some messages and tells it to the Matcher. After an
// error it goes on, so that the Matcher hears of all of them.
func (f *shelf) learn(ctx context.Context, m *translate.Matcher, side translate.Side, step translate.Step, numbers []imap.UID) (err error) {
	for _, b := range f.parts {
		known := func(uid imap.UID, p translate.Print) { m.Learn(side, f.number(b, uid), step, p) }
		if failed := b.learn(ctx, step, f.mine(b, numbers), known); err == nil {
			err = failed
		}
	}
	return err
}

// between is what a match of two shelves says of one mailbox of each.
func between(old *shelf, o *box, fresh *shelf, b *box, all translate.Match) (one translate.Match) {
	for _, p := range all.Pairs {
		was, from := old.in(o, p.Old)
		is, to := fresh.in(b, p.New)
		if from && to {
			one.Pairs = append(one.Pairs, translate.Pair{Old: was, New: is, Reason: p.Reason})
		}
	}
	return one
}
