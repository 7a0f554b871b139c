package migration

import (
	"context"
	"errors"
	"fmt"

	"github.com/emersion/go-imap/v2"

	"popbridge/configs"
	"popbridge/proxy/migration/mailstore"
	"popbridge/translate"
)

// Imported is what became of importing an account.
type Imported struct {
	// Messages is how many there are, and New how many of them were not known.
	Messages, New int
	// Odd is what is strange about their unique-ids.
	Odd translate.Oddity
}

// Import learns what an old server's mail store tells of an account's messages, in
// place of what was remembered of the server's list: a unique-id that is known keeps
// all that is known of its message. The messages are in the order of that list. It
// fails with ErrLess where that would be less than is known, unless how is Force.
func (s *Site) Import(ctx context.Context, upstream, account string, messages []mailstore.Message, how Take) (Imported, error) {
	if protocol := s.Config.Upstream[upstream].Protocol; protocol != configs.ProtocolPOP3 {
		return Imported{}, fmt.Errorf("upstream %q has protocol %s: unique-ids are imported for an old server, with protocol = \"pop3\"", upstream, protocol)
	}
	where, err := s.Where(ctx, upstream, account)
	if err != nil {
		return Imported{}, err
	}
	for range attempts {
		var result Imported
		if result, err = s.learnStore(ctx, where, messages, how); !errors.Is(err, translate.ErrOvertaken) {
			return result, err
		}
	}
	return Imported{}, err
}

func (s *Site) learnStore(ctx context.Context, where translate.Box, messages []mailstore.Message, how Take) (Imported, error) {
	known, err := s.Ledger.Mailboxes.LoadInventory(ctx, where)
	if err != nil {
		return Imported{}, err
	}
	octets := make(map[string]int64, len(known.Listing.Entries))
	for _, e := range known.Listing.Entries {
		octets[e.UniqueID] = e.Size
	}
	given := make([]translate.Given, len(messages))
	fresh := 0
	for i, m := range messages {
		before, seen := octets[m.UniqueID]
		if !seen {
			fresh++
		}
		if given[i] = (translate.Given{UniqueID: m.UniqueID, Octets: m.Octets}); m.Octets == 0 {
			given[i].Octets = before
		}
	}
	if err := fewer(known.Listing, given); err != nil && how != Force {
		return Imported{}, err
	}
	list, err := translate.Assign(known.Listing, given)
	if err != nil {
		return Imported{}, err
	}
	prints := make(map[imap.UID]translate.Print, len(messages))
	for i, m := range messages {
		if m.Print != (translate.Print{}) {
			prints[list.UIDs[i]] = m.Print
		}
	}
	result := Imported{Messages: len(messages), New: fresh, Odd: translate.Odd(given)}
	if how == DryRun {
		return result, nil
	}
	_, err = s.Ledger.Mailboxes.SaveInventory(ctx, known, translate.MailboxFacts{UIDValidity: list.Listing.UIDValidity, Listing: &list.Listing, Prints: prints})
	return result, err
}
