package ledger

import (
	"context"
	"errors"
	"maps"
	"time"

	"github.com/emersion/go-imap/v2"

	"popbridge/proxy/ledger/chunks"
	"popbridge/proxy/ledger/database"
	"popbridge/proxy/ledger/mailboxes"
	"popbridge/translate"
)

// errMoved refuses what belongs to UIDs that the page does not hold for. A login
// that gets it looks again.
var errMoved error = overtaken("this maildrop is served from another mailbox or UIDVALIDITY by now")

// overtaken is a translate.ErrOvertaken that says more.
type overtaken string

func (o overtaken) Error() string { return string(o) }
func (o overtaken) Unwrap() error { return translate.ErrOvertaken }

// loginInterval is how often a device's last login is written down.
const loginInterval = time.Hour

// occasion is what a session records something at.
type occasion int

const (
	midway  occasion = iota
	login            // the device has logged in
	settled          // nothing is left to do of its intent
)

// news is the part of translate.Facts that the ledger does not have yet.
type news struct {
	translate.Facts
	hide    map[imap.UID]struct{}
	formats string // where Formats is not nil
	opening bool   // it is a login
	login   bool   // the device's last login is to be written
	leftOut string // with it: what the device is not shown
	thaw    bool   // the page was not served when it was last looked at
	settled bool   // its intent, or one that it was shown, is to be removed
	watch   bool   // the login of a device that is watched is to be written
	unseen  bool   // the device is shown the mailbox as one that was not the page's own yet
}

// Record writes down what a session has learned; it is durable when Record
// returns nil. What is known already is not written again: facts that are not
// new cost no write at all. It fails with translate.InUse where the lock has
// been lost, and then nothing of it is written.
func (p *Page) Record(ctx context.Context, f translate.Facts) error {
	return p.recordAt(ctx, midway, f)
}

// Login is Record for a device that has logged in, which is known from now on.
func (p *Page) Login(ctx context.Context, f translate.Facts) error {
	return p.recordAt(ctx, login, f)
}

// Settle is Record for what a QUIT has done: its intent is removed with it.
func (p *Page) Settle(ctx context.Context, f translate.Facts) error {
	return p.recordAt(ctx, settled, f)
}

func (p *Page) recordAt(ctx context.Context, at occasion, f translate.Facts) error {
	return p.ask(ctx, func(ctx context.Context) error { return p.record(ctx, at, f) })
}

func (p *Page) record(ctx context.Context, at occasion, f translate.Facts) error {
	if err := p.holding(); err != nil {
		return err
	}
	n, any, err := p.news(ctx, at, f)
	if err != nil || !any {
		return err
	}
	var snap *mailboxes.Snapshot
	err = p.commit(ctx, func(tx database.Querier) (err error) {
		snap, err = p.write(ctx, tx, n)
		return err
	})
	if err == nil {
		if at == settled {
			p.own, p.shown = false, 0
		}
		if n.unseen {
			p.unseen = false // what there is has come with this
		}
		err = p.reread(ctx, snap)
	}
	return err
}

// reread takes over what has been committed; snap is nil where the mailbox's listing is
// as it was.
func (p *Page) reread(ctx context.Context, snap *mailboxes.Snapshot) error {
	if err := p.mailbox.Committed(ctx, snap); err != nil {
		return err
	}
	return p.readRow(ctx)
}

// news compares facts with what the page has read.
func (p *Page) news(ctx context.Context, at occasion, f translate.Facts) (n news, any bool, err error) {
	c := p.store.db.View()
	if !p.read {
		if err := p.readRow(ctx); err != nil {
			return n, false, err
		}
	}
	n.Facts, n.opening = f, at == login
	bound := p.row.boundTo(p.mailbox.Row.ID, f.UIDValidity)
	if n.MailboxFacts, err = p.mailbox.News(ctx, f.MailboxFacts); err != nil {
		return n, false, err
	}
	if n.Formats != nil {
		if n.formats, err = encodeFormats(f.Formats); err != nil {
			return n, false, err
		}
		if bound && n.formats == p.row.formats {
			n.Formats = nil
		}
	}
	if len(f.Pins) > 0 && bound {
		pins, err := p.store.pins(ctx, c, p.row)
		switch {
		case err == nil:
			n.Pins = chunks.Missing(f.Pins, pins)
		case !errors.Is(err, database.ErrChanged): // if it is, the transaction compares them
			return n, false, err
		}
	}
	if len(f.Identities) > 0 && bound {
		known, err := identityTable.Some(ctx, c, p.row.page, maps.Keys(f.Identities))
		if err != nil {
			return n, false, err
		}
		n.Identities = chunks.Missing(f.Identities, known)
	}
	if n.hide, err = p.store.newHidden(p.row, f, bound); err != nil {
		return n, false, err
	}
	n.thaw = p.row.frozen && at == login
	n.unseen = at == login && f.UIDValidity != 0 && p.unseen
	n.settled = at == settled && (p.own || p.shown != 0)
	if n.leftOut = p.row.leftOut; f.LeftOut != nil {
		n.leftOut = f.LeftOut.Encode()
	}
	// A device that has hidden something is known, whoever settled its QUIT.
	n.login = len(n.hide) > 0 && !p.row.device || at == login && (!p.row.device || n.leftOut != p.row.leftOut || time.Since(time.UnixMilli(p.row.lastLogin)).Abs() >= loginInterval)
	n.watch = at == login && !p.beside && p.store.Watches.News(p.row.watch, p.key.Expect, p.key.Upstream)
	any = !n.MailboxFacts.Empty() || n.Formats != nil || len(n.Pins) > 0 || len(n.Identities) > 0 ||
		len(n.hide) > 0 || n.unseen || n.settled || n.login || n.watch || n.thaw || len(n.Deletions) > 0 || len(n.Removed) > 0 || len(n.Copied) > 0
	return n, any, nil
}
