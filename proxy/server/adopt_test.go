package server

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/hashicorp/go-hclog"

	"popbridge/proxy/backend"
	"popbridge/translate"
)

// movedPage is the page of an account that is served from here for the first time.
type movedPage struct {
	fakePage
	origin translate.PreviousMailbox
	links  *[]translate.Link
}

func (p movedPage) Freeze(context.Context, translate.Freeze, uint32) (time.Time, error) {
	return time.Now(), p.call("Freeze")
}

func (p movedPage) Previous(context.Context, uint32) (*translate.PreviousMailbox, error) {
	return &p.origin, nil
}

func (p movedPage) Relink(ctx context.Context, _ uint32, links []translate.Link, _ []translate.Span) error {
	*p.links = links
	return p.call("Relink")
}

func (p movedPage) Known(ctx context.Context, validity uint32) (backend.State, error) {
	known, err := p.fakePage.Known(ctx, validity)
	known.UniqueIDs = make(map[imap.UID]string)
	for _, l := range *p.links {
		known.UniqueIDs[l.New] = l.UniqueID
	}
	return known, err
}

// moved has the store's messages be those of an account that has moved.
func (s *store) moved(origin translate.PreviousMailbox) (backend.Backend, *[]translate.Link) {
	links := new([]translate.Link)
	b := s.backend()
	open := b.OpenPage
	b.OpenPage = func(ctx context.Context, k backend.PageKey) (backend.Page, error) {
		p, err := open(ctx, k)
		if err != nil {
			return nil, err
		}
		return movedPage{p.(fakePage), origin, links}, nil
	}
	return b, links
}

// TestAMatchIsUsed has a device find its unique-ids where a match has paired all that
// it knows. No message is looked at for it: the mailbox of this test could not.
func TestAMatchIsUsed(t *testing.T) {
	s := newStore("one", "two", "three")
	b, links := s.moved(translate.PreviousMailbox{
		Messages: []translate.Remembered{{UID: 11, UniqueID: "old.1", Order: 2}, {UID: 12, UniqueID: "old.2", Order: 1}},
		Pairs:    []translate.Pair{{Old: 11, New: 2}, {Old: 12, New: 1}},
	})
	addr, stop := serve(t, hclog.NewNullLogger(), b, configuration())
	t.Cleanup(stop)
	d := connect(t, addr)
	defer d.close()
	d.says("USER alice", "+OK")
	d.says("PASS secret", "+OK 3 messages")
	d.says("UIDL", "+OK")
	if got := d.lines(); !slices.Equal(got, []string{"1 old.2", "2 old.1", "3 0000000300000007"}) {
		t.Errorf("UIDL %q", got)
	}
	want := []translate.Link{{Old: 11, New: 2, UniqueID: "old.1", Order: 2}, {Old: 12, New: 1, UniqueID: "old.2", Order: 1}}
	if !slices.Equal(*links, want) {
		t.Errorf("linked %+v, want %+v", *links, want)
	}
}

// TestAMatchOfLittleIsNoMatch refuses a login that would show most messages under new
// unique-ids.
func TestAMatchOfLittleIsNoMatch(t *testing.T) {
	s := newStore(make([]string, 30)...)
	origin := translate.PreviousMailbox{Pairs: []translate.Pair{{Old: 11, New: 1}}}
	for uid := imap.UID(11); uid < 41; uid++ {
		origin.Messages = append(origin.Messages, translate.Remembered{UID: uid, UniqueID: "old"})
	}
	s.assigned = true // so that no content can tell more
	b, links := s.moved(origin)
	addr, stop := serve(t, hclog.NewNullLogger(), b, configuration())
	t.Cleanup(stop)
	d := connect(t, addr)
	defer d.close()
	d.says("USER alice", "+OK")
	d.says("PASS secret", "-ERR [SYS/TEMP]")
	if *links != nil {
		t.Errorf("linked %+v", *links)
	}
}
