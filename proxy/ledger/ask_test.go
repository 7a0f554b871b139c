package ledger_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"

	"popbridge/proxy/ledger"
	"popbridge/translate"
)

// What a page is asked ends with its caller: a login whose time is over waits for
// nobody, and writes nothing.
func aPageEndsWithItsCaller(t *testing.T, at place) {
	s := at.open(t)
	p := opens(t, s, key(""))
	records(t, p, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, 1, 2)}})
	over, end := context.WithCancel(context.Background())
	end()
	before := ledger.Writes(s)
	ends := func(what string, err error) {
		t.Helper()
		if !errors.Is(err, context.Canceled) || !refusedWith(err, translate.CodeSysTemp) {
			t.Errorf("%s after its caller's end: %v", what, err)
		}
	}
	_, err := p.Known(over, 7)
	ends("Known", err)
	_, err = p.Previous(over, 8)
	ends("Previous", err)
	_, err = p.Keys(over, 7)
	ends("Keys", err)
	_, err = p.Freeze(over, translate.FrozenEmpty, 8)
	ends("Freeze", err)
	ends("Refresh", p.Refresh(over))
	ends("Relink", p.Relink(over, 8, nil, nil))
	ends("RollBack", p.RollBack(over, *listing(7, 1)))
	ends("Intend", p.Intend(over, translate.Intent{UIDValidity: 7}))
	ends("Record", p.Record(over, translate.Facts{MailboxFacts: translate.MailboxFacts{UIDValidity: 7, Listing: listing(7, 1, 2, 3)}}))
	if n := ledger.Writes(s) - before; n != 0 {
		t.Errorf("%d transactions were begun for callers that had gone", n)
	}
	if known := knows(t, p, 7); known.NewDevice || known.Intent != nil {
		t.Errorf("afterwards it knows %+v", known)
	}
}

// TestACallerWaitsForNoWriter ends a login that waits for another's transaction.
func TestACallerWaitsForNoWriter(t *testing.T) {
	s := sqliteAt(t).open(t)
	p := opens(t, s, key(""))
	begun, release := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	defer wg.Wait()
	defer close(release)
	wg.Go(func() { ledger.Occupy(t, s, begun, release) })
	<-begun
	before := ledger.Writes(s)
	ctx, end := context.WithCancel(context.Background())
	wrote := make(chan error)
	go func() { wrote <- p.Intend(ctx, translate.Intent{UIDValidity: 7}) }()
	for ledger.Writes(s) == before { // until it waits
		runtime.Gosched()
	}
	end()
	if err := <-wrote; !errors.Is(err, context.Canceled) || !refusedWith(err, translate.CodeSysTemp) {
		t.Errorf("Intend: %v", err)
	}
}
