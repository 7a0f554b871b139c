package migration

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/emersion/go-imap/v2"
	"golang.org/x/time/rate"

	"popbridge/translate"
)

// Headers says of which messages a harvest reads the header.
type Headers uint8

// The messages whose headers are read.
const (
	// HeadersNeeded: those that their octets, and those of their neighbours, do not
	// tell apart; see translate.OctetsTell.
	HeadersNeeded Headers = iota
	// HeadersAll: every message.
	HeadersAll
)

var headersWords = []string{"needed", "all"}

// String gives the operator's word.
func (h Headers) String() string { return headersWords[h] }

// Type names the flag's value in a usage text.
func (Headers) Type() string { return "needed|all" }

// Set takes one of needed, all.
func (h *Headers) Set(word string) error {
	i := slices.Index(headersWords, word)
	if i < 0 {
		return errors.New("one of needed, all")
	}
	*h = Headers(i)
	return nil
}

// Gentle is what an old server, which still has its day's work to do, is asked at
// most.
type Gentle struct {
	// Logins and Messages are how many logins, and headers, there may be in a
	// second, over all accounts; nil: as many as it takes.
	Logins, Messages *rate.Limiter
}

// harvestBatch is how many headers are asked for between two times that they are
// kept, and that a Gentle is asked.
const harvestBatch = 500

// Harvested is what became of harvesting an account.
type Harvested struct {
	// Messages is how many the old server has, and New how many of them were not
	// known before.
	Messages, New int
	// Needed is how many headers the harvest wants to know, Known how many of them
	// are known now, and Read how many were read for it.
	Needed, Known, Read int
	// Coverage is how many messages are known by their content, needed or not.
	Coverage int
}

// Harvest learns what an old server gives an account's devices: unique-ids, octets,
// order, and the headers of the messages that need one. All of it is in the ledger
// as soon as it is known, so that a harvest which was interrupted reads nothing
// twice. It changes nothing on the server. It fails with ErrLess where nothing is left
// there of what is known, unless how is Force; with DryRun it reads no header.
func (s *Site) Harvest(ctx context.Context, upstream string, a Account, which Headers, gentle Gentle, how Take) (h Harvested, err error) {
	if err := allowed(ctx, gentle.Logins, 1); err != nil {
		return h, err
	}
	old, err := s.remembered(ctx, upstream, a)
	if err != nil {
		return h, err
	}
	defer old.close()
	old.careful = how != Force
	before, list := old.inventory.Listing, old.list
	if how == DryRun {
		list = old.look
	}
	if err := list(ctx); err != nil {
		return h, err
	}
	_, added := translate.Difference(before, old.inventory.Listing)
	h.Messages, h.New = len(old.inventory.Listing.Entries), len(added)
	if before.UIDValidity != old.inventory.Listing.UIDValidity {
		h.New = h.Messages
	}
	wanted := old.wanted(which)
	h.Needed = len(wanted)
	unread := slices.DeleteFunc(slices.Clone(wanted), old.printed)
	if how == DryRun {
		unread = nil
	}
	for batch := range slices.Chunk(unread, gentle.batch()) {
		if err := allowed(ctx, gentle.Messages, len(batch)); err != nil {
			return h, err
		}
		if err := old.describe(ctx, batch); err != nil {
			return h, err
		}
		h.Read += len(batch)
	}
	for _, e := range old.inventory.Listing.Entries {
		if old.printed(e.UID) {
			h.Coverage++
		}
	}
	for _, uid := range wanted {
		if old.printed(uid) {
			h.Known++
		}
	}
	return h, nil
}

// look is list, and keeps nothing of what it sees.
func (b *box) look(ctx context.Context) error {
	if err := b.open(ctx); err != nil {
		return err
	}
	now, err := b.mailbox.List(ctx, b.inventory.Listing)
	if err != nil {
		return err
	}
	if err := allGone(b.inventory.Listing, now); err != nil && b.careful {
		return fmt.Errorf("upstream %q: %w", b.upstream, err)
	}
	if now.UIDValidity != b.inventory.Listing.UIDValidity {
		b.inventory.Prints = nil // of other messages
	}
	b.inventory.Listing = now
	return nil
}

// describe reads the headers of some messages and keeps what they tell, as a session
// would that learns: its devices' sessions then need not.
func (b *box) describe(ctx context.Context, uids []imap.UID) error {
	var set imap.UIDSet
	set.AddNum(uids...)
	prints := make(map[imap.UID]translate.Print, len(uids))
	keys := make(map[imap.UID]translate.ContentKey, len(uids))
	failed := b.mailbox.Describe(ctx, set, func(d translate.Description) {
		prints[d.UID], keys[d.UID] = d.Print, d.Key
	})
	if err := errors.Join(failed, b.keep(ctx, prints, keys)); err != nil {
		return err
	}
	maps.Copy(b.inventory.Prints, prints)
	return nil
}

// wanted are the messages whose header is worth knowing, in the server's order.
func (b *box) wanted(which Headers) []imap.UID {
	entries := b.inventory.Listing.InOrder()
	octets := make([]int64, len(entries))
	for i, e := range entries {
		octets[i] = e.Size
	}
	tell := translate.OctetsTell(octets)
	var wanted []imap.UID
	for i, e := range entries {
		if which == HeadersAll || !tell[i] {
			wanted = append(wanted, e.UID)
		}
	}
	return wanted
}

// printed reports whether a message's header is known.
func (b *box) printed(uid imap.UID) bool {
	return b.inventory.Prints[uid].Header != (translate.ContentKey{})
}

// batch is how many headers may be asked for in one go.
func (g Gentle) batch() int {
	if g.Messages == nil {
		return harvestBatch
	}
	return min(harvestBatch, max(1, g.Messages.Burst()))
}

// allowed waits until so many more may be asked for.
func allowed(ctx context.Context, limit *rate.Limiter, n int) error {
	if limit == nil {
		return nil
	}
	if err := limit.WaitN(ctx, n); err != nil {
		return fmt.Errorf("waiting for the old server's rate: %w", err)
	}
	return nil
}

// Hopeless reports whether it is no use to try an account again: the old server has
// refused its password, or there is none, or an operator has to mend or to decide
// something.
func Hopeless(err error) bool {
	var r *translate.Refusal
	return errors.Is(err, ErrLess) || errors.Is(err, errNoPassword) || errors.As(err, &r) && (r.Code == translate.CodeAuth || r.Code == translate.CodeSysPerm)
}
