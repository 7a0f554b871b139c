package migration

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/backend"
	"popbridge/translate"
)

// Matching says what became of matching an account.
type Matching struct {
	// Old and New are how many messages there are on either side.
	Old, New int
	translate.Match
	// Headers and Bodies are how many were read for it, of both sides.
	Headers, Bodies int
	// Unread says why messages of the old server that were needed could not be
	// read; nil where all were, or none was needed.
	Unread error
}

// errNothingKnown says that there is nothing to match.
var errNothingKnown = errors.New("nothing is known about its mailbox; harvest or import it first")

// Match finds out which message on the upstream to, in all that the maildrop shows there,
// is which of those that are remembered of the upstream from, or are there now where
// several mailboxes are shown there too, and keeps that in the ledger for the account's
// first login there. What has to be read is read from the servers, the new one
// first of all, and kept too, so that matching again costs no more than what has
// come since. Where the old server cannot be read, what it alone could tell stays
// ambiguous. It fails with ErrLess where a mailbox is empty of which messages are
// known, or what was matched before is not matched again, unless how is Force.
func (s *Site) Match(ctx context.Context, from, to string, a Account, how Take) (Matching, error) {
	m, _, err := s.match(ctx, from, to, a, how)
	return m, err
}

// mapped is a mapping of two of the mailboxes that are shown, and what there was before it.
type mapped struct{ before, now translate.Mapping }

// match is Match; it also gives the mappings that it keeps.
func (s *Site) match(ctx context.Context, from, to string, a Account, how Take) (result Matching, mappings []mapped, err error) {
	old, err := s.shelfFrom(ctx, from, a)
	if err != nil {
		return result, nil, err
	}
	defer old.close()
	if old.several != nil {
		// What is new in one of them may have been in another when that was listed.
		if err := old.list(ctx, how != Force); err != nil {
			return result, nil, err
		}
	}
	if len(old.listed()) == 0 {
		return result, nil, errNothingKnown
	}
	fresh, err := s.shelfOn(ctx, to, a)
	if err != nil {
		return result, nil, err
	}
	defer fresh.close()
	if err := fresh.list(ctx, how != Force); err != nil {
		return result, nil, err
	}
	result = Matching{Old: old.len(), New: fresh.len()}
	matcher := translate.NewMatcher(old.candidates(), fresh.candidates())
	for n := matcher.Needs(); n.Step != translate.StepNone; n = matcher.Needs() {
		if err := fresh.learn(ctx, matcher, translate.New, n.Step, n.New); err != nil {
			return result, nil, err
		}
		if err := old.learn(ctx, matcher, translate.Old, n.Step, n.Old); err != nil && ctx.Err() == nil {
			result.Unread = translate.Cause(err)
		}
		if err := ctx.Err(); err != nil {
			return result, nil, err
		}
		read := len(n.Old) + len(n.New)
		if n.Step == translate.StepHeaders {
			result.Headers += read
		} else {
			result.Bodies += read
		}
	}
	result.Match = matcher.Match()
	if mappings, err = s.mappings(ctx, old, fresh, result.Match, how); err != nil {
		return result, nil, err
	}
	if how == DryRun {
		return result, mappings, nil
	}
	for _, m := range mappings {
		if err := s.Ledger.Mailboxes.SaveMapping(ctx, m.now); err != nil {
			return result, nil, err
		}
	}
	return result, mappings, nil
}

// mappings gives what a match says of each two mailboxes of both sides, where it or the one
// before it says anything. What is in no pair is counted with the first two.
func (s *Site) mappings(ctx context.Context, old, fresh *shelf, all translate.Match, how Take) (mappings []mapped, err error) {
	found := make([]imap.UID, len(all.Pairs))
	for i, p := range all.Pairs {
		found[i] = p.Old
	}
	for i, o := range old.listed() {
		for j, b := range fresh.parts {
			one := between(old, o, fresh, b, all)
			if i == 0 && j == 0 {
				one.OldOnly, one.NewOnly, one.Ambiguous, one.Repeated = all.OldOnly, all.NewOnly, all.Ambiguous, all.Repeated
			}
			var m mapped
			if m.now, err = translate.NewMapping(o.inventory, b.inventory, one, time.Now()); err != nil {
				return nil, err
			}
			if m.before, err = s.Ledger.Mailboxes.LoadMapping(ctx, m.now.Old, m.now.New); err != nil {
				return nil, err
			}
			// What was in this mailbox may be in another by now.
			if err := unpaired(m.before, m.now, old.mine(o, found), o.inventory.Listing, b.inventory.Listing); err != nil && how != Force {
				return nil, err
			}
			if i == 0 || len(m.now.Pairs) > 0 || !m.before.At.IsZero() {
				mappings = append(mappings, m)
			}
		}
	}
	return mappings, nil
}

// box is one side of a match: what is remembered of a mailbox, and the mailbox
// itself, opened when something has to be read.
type box struct {
	site      *Site
	upstream  string
	account   Account
	inventory translate.Inventory
	mailbox   backend.Mailbox // nil: not opened yet
	refused   error           // why it cannot be opened
	careful   bool            // a list in which nothing is left of what is known is refused
	beside    bool            // it is one of several mailboxes, and not the maildrop's first
}

func (s *Site) remembered(ctx context.Context, upstream string, a Account) (*box, error) {
	where, err := s.Where(ctx, upstream, a.Name)
	if err != nil {
		return nil, err
	}
	inventory, err := s.Ledger.Mailboxes.LoadInventory(ctx, where)
	return &box{site: s, upstream: upstream, account: a, inventory: inventory}, err
}

func (b *box) close() {
	if b.mailbox != nil {
		_ = b.mailbox.Close() // nothing was changed in it
	}
}

// attempts is how often what a session has overtaken is tried again.
const attempts = 3

// list brings the inventory up to date.
func (b *box) list(ctx context.Context) (err error) {
	if err := b.open(ctx); err != nil {
		return err
	}
	for range attempts {
		var now translate.Listing
		if now, err = b.mailbox.List(ctx, b.inventory.Listing); err != nil {
			return err
		}
		if err := allGone(b.inventory.Listing, now); err != nil && b.careful {
			return fmt.Errorf("upstream %q: %w", b.upstream, err)
		}
		facts := translate.MailboxFacts{UIDValidity: now.UIDValidity, Listing: &now}
		if b.inventory, err = b.site.Ledger.Mailboxes.SaveInventory(ctx, b.inventory, facts); !errors.Is(err, translate.ErrOvertaken) {
			return err
		}
		if b.inventory, err = b.site.Ledger.Mailboxes.LoadInventory(ctx, b.inventory.Box); err != nil {
			return err
		}
	}
	return translate.ErrOvertaken
}

// open opens the mailbox once. What is remembered of an old server's UIDs has to be
// known to the mailbox before it can read by them.
func (b *box) open(ctx context.Context) error {
	if b.mailbox != nil || b.refused != nil {
		return b.refused
	}
	m, err := b.site.Open(ctx, b.upstream, b.account)
	if err != nil {
		b.refused = err // it names the upstream, and says whether it is worth another try
		return b.refused
	}
	b.mailbox = m
	return nil
}

// candidates are the mailbox's messages as a Matcher wants them.
func (b *box) candidates() []translate.Candidate {
	entries := b.inventory.Listing.InOrder()
	list := make([]translate.Candidate, 0, len(entries))
	for i, e := range entries {
		if !e.Withdrawn() {
			list = append(list, translate.Candidate{UID: e.UID, Position: i + 1, UniqueID: e.UniqueID, Octets: e.Size, Print: b.inventory.Prints[e.UID]})
		}
	}
	return list
}

// keep writes down what was read, for messages that are still there. keys may be
// nil.
func (b *box) keep(ctx context.Context, prints map[imap.UID]translate.Print, keys map[imap.UID]translate.ContentKey) error {
	if len(prints)+len(keys) == 0 {
		return nil
	}
	var err error
	for range attempts {
		facts := translate.MailboxFacts{UIDValidity: b.inventory.Listing.UIDValidity, Prints: prints, Keys: keys}
		var next translate.Inventory
		if next, err = b.site.Ledger.Mailboxes.SaveInventory(ctx, b.inventory, facts); !errors.Is(err, translate.ErrOvertaken) {
			if err == nil {
				b.inventory.Revision = next.Revision
			}
			return err
		}
		if next, err = b.site.Ledger.Mailboxes.LoadInventory(ctx, b.inventory.Box); err != nil {
			return err
		}
		if next.Listing.UIDValidity != b.inventory.Listing.UIDValidity {
			return translate.ErrOvertaken
		}
		b.inventory.Revision = next.Revision
	}
	return translate.ErrOvertaken
}
