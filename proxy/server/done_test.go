package server

import (
	"context"
	"testing"

	"popbridge/proxy/backend"
	"popbridge/translate"
)

// endingMailbox is one whose ops the process loses its patience with.
type endingMailbox struct {
	fakeMailbox
	end func()
}

func (m endingMailbox) Apply(ctx context.Context, ops []translate.Op) (translate.Outcome, error) {
	outcome, err := m.fakeMailbox.Apply(ctx, ops)
	m.end()
	return outcome, err
}

// TestWhatWasDoneIsRecorded: the upstream has confirmed what QUIT asked for, so the
// ledger hears of it, though the process waits for no session any more.
func TestWhatWasDoneIsRecorded(t *testing.T) {
	s := newStore("a\r\n", "b\r\n")
	b := s.backend()
	open := b.OpenMailbox
	var server *Server
	b.OpenMailbox = func(ctx context.Context, r backend.Request) (backend.Mailbox, error) {
		m, err := open(ctx, r)
		if err != nil {
			return nil, err
		}
		return endingMailbox{m.(fakeMailbox), func() {
			impatient, cancel := context.WithCancel(context.Background())
			cancel()
			go func() { _ = server.Shutdown(impatient) }()
			<-server.ctx.Done()
		}}, nil
	}
	server, addr := running(t, b)
	d := connect(t, addr)
	t.Cleanup(d.close)
	d.says("USER alice", "+OK")
	d.says("PASS secret", "+OK")
	recorded := s.called("Record")
	d.says("DELE 1", "+OK")
	d.send("QUIT\r\n")
	d.rest()
	server.wg.Wait()
	if ops, _, _ := s.state(); len(ops) == 0 {
		t.Fatal("nothing was carried out")
	}
	if n := s.called("Record") - recorded; n != 1 {
		t.Errorf("what was done has been recorded %d times, want once", n)
	}
}
