package server

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/hashicorp/go-hclog"

	"popbridge/proxy/backend"
	"popbridge/translate"
)

// busyPage is one whose mailbox other sessions use: what they do is over when the
// page is read again.
type busyPage struct {
	fakePage
	intent *translate.Intent // that another session has left behind
}

func (p *busyPage) Refresh(context.Context) error {
	p.fail("Record", nil)
	return p.call("Refresh")
}

func (p *busyPage) Known(ctx context.Context, validity uint32) (backend.State, error) {
	known, err := p.fakePage.Known(ctx, validity)
	known.Intent = p.intent
	return known, err
}

func (p *busyPage) Settle(ctx context.Context, f translate.Facts) error {
	p.intent = nil
	return p.fakePage.Settle(ctx, f)
}

// agingMailbox shows a message less until it is doubted.
type agingMailbox struct {
	fakeMailbox
	doubted *bool
}

func (m agingMailbox) Doubt() {
	*m.doubted = true
	_ = m.call("Doubt")
}

func (m agingMailbox) List(ctx context.Context, known translate.Listing) (translate.Listing, error) {
	l, err := m.fakeMailbox.List(ctx, known)
	if !*m.doubted {
		l.UIDNext--
		l.Entries = l.Entries[:len(l.Entries)-1]
	}
	return l, err
}

// busy has other sessions use the store's mailbox.
func (s *store) busy(intent *translate.Intent) backend.Backend {
	b := s.backend()
	openPage, openMailbox := b.OpenPage, b.OpenMailbox
	b.OpenPage = func(ctx context.Context, k backend.PageKey) (backend.Page, error) {
		p, err := openPage(ctx, k)
		if err != nil {
			return nil, err
		}
		return &busyPage{p.(fakePage), intent}, nil
	}
	b.OpenMailbox = func(ctx context.Context, r backend.Request) (backend.Mailbox, error) {
		m, err := openMailbox(ctx, r)
		if err != nil {
			return nil, err
		}
		return agingMailbox{m.(fakeMailbox), new(bool)}, nil
	}
	return b
}

// TestALoginThatIsOvertaken looks again at the mailbox and at what is remembered;
// the device hears nothing of it.
func TestALoginThatIsOvertaken(t *testing.T) {
	s := newStore("one", "two", "three")
	var heard buffer
	s.fail("Record", translate.Temporary(translate.ErrOvertaken))
	addr, stop := serve(t, hclog.New(&hclog.LoggerOptions{Output: &heard}), s.busy(nil), configuration())
	t.Cleanup(stop)
	d := connect(t, addr)
	defer d.close()
	d.says("USER alice", "+OK")
	d.says("PASS secret", "+OK 3 messages")
	if _, _, log := s.state(); !slices.Contains(log, "Refresh") || slices.Index(log, "Doubt") > slices.Index(log, "Refresh") {
		t.Errorf("it took %v", log)
	}
	if text := heard.String(); strings.Contains(text, "[ERROR]") {
		t.Errorf("the log: %s", text)
	}
}

// TestAnIntentOfALaterLook is carried out, not taken for one of before a restore:
// who made it had seen a message that this login has not seen yet.
func TestAnIntentOfALaterLook(t *testing.T) {
	s := newStore("one", "two", "three")
	var heard buffer
	intent := &translate.Intent{UIDValidity: 7, UIDNext: 4, Plan: translate.Plan{Ops: []translate.Op{{Kind: translate.OpExpunge, UIDs: imap.UIDSetNum(3)}}}}
	addr, stop := serve(t, hclog.New(&hclog.LoggerOptions{Output: &heard}), s.busy(intent), configuration())
	t.Cleanup(stop)
	d := connect(t, addr)
	defer d.close()
	d.says("USER alice", "+OK")
	d.says("PASS secret", "+OK 3 messages")
	if ops, _, _ := s.state(); len(ops) != 1 || ops[0].Kind != translate.OpExpunge {
		t.Errorf("carried out: %+v", ops)
	}
	if text := heard.String(); strings.Contains(text, "[ERROR]") {
		t.Errorf("the log: %s", text)
	}
}
