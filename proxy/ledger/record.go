package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"

	"popbridge/translate"
)

// errMoved refuses what belongs to UIDs that the page does not hold for. A login
// that gets it looks again.
var errMoved error = overtaken("this maildrop is served from another mailbox or UIDVALIDITY by now")

// overtaken is a translate.ErrOvertaken that says more.
type overtaken string

func (o overtaken) Error() string { return string(o) }
func (o overtaken) Unwrap() error { return translate.ErrOvertaken }

// news is the part of translate.Facts that the ledger does not have yet.
type news struct {
	translate.Facts
	hide    map[imap.UID]struct{}
	formats string // where Formats is not nil
	login   bool   // the device's last login is to be written
	thaw    bool   // the page was not served when it was last looked at
}

// Record writes down what a session has learned; it is durable when Record
// returns nil. What is known already is not written again: facts that are not
// new cost no write at all. It fails with translate.InUse where the lock has
// been lost, and then nothing of it is written.
func (p *Page) Record(f translate.Facts) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	ctx, cancel := bounded()
	defer cancel()
	if err := p.holding(); err != nil {
		return err
	}
	n, any, err := p.news(ctx, f)
	if err != nil || !any {
		return p.store.unavailable(err)
	}
	var snap *snapshot
	err = p.commit(ctx, func(tx statements) (err error) {
		snap, err = p.write(ctx, tx, n)
		return err
	})
	if err == nil {
		if f.IntentDone {
			p.own, p.shown = false, 0
		}
		err = p.reread(ctx, snap)
	}
	return p.store.unavailable(err)
}

// reread takes over what has been committed.
func (p *Page) reread(ctx context.Context, snap *snapshot) (err error) {
	if snap != nil {
		p.snap = snap
		p.store.cache.put(snapshotKey(snap.id), snap.revision, snap, snap.octets())
	}
	c := p.store.db.view()
	if p.shelf, err = readShelf(ctx, c, p.key); err != nil {
		return err
	}
	return p.readLeaf(ctx, c)
}

// news compares facts with what the page has read.
func (p *Page) news(ctx context.Context, f translate.Facts) (n news, any bool, err error) {
	c := p.store.db.view()
	if !p.read {
		if err := p.readLeaf(ctx, c); err != nil {
			return n, false, err
		}
	}
	n.Facts = f
	bound := p.leaf.boundTo(p.shelf.mailbox, f.UIDValidity)
	if f.Listing != nil && p.sameListing(*f.Listing) {
		n.Listing = nil
	}
	n.Octets = p.newOctets(f)
	if n.Formats != nil {
		if n.formats, err = encodeFormats(f.Formats); err != nil {
			return n, false, err
		}
		if bound && n.formats == p.leaf.formats {
			n.Formats = nil
		}
	}
	if len(f.Pins) > 0 && bound {
		pins, err := p.store.pins(ctx, c, p.leaf)
		switch {
		case err == nil:
			n.Pins = missing(f.Pins, pins)
		case !errors.Is(err, errChanged): // if it is, the transaction compares them
			return n, false, err
		}
	}
	if len(f.Keys) > 0 && p.shelf.snapshot != 0 && p.shelf.validity == f.UIDValidity {
		keys, err := keyTable.some(ctx, c, p.shelf.snapshot, maps.Keys(f.Keys))
		if err != nil {
			return n, false, err
		}
		n.Keys = missing(f.Keys, keys)
	}
	if len(f.Prints) > 0 && p.shelf.snapshot != 0 && p.shelf.validity == f.UIDValidity {
		prints, err := printTable.some(ctx, c, p.shelf.snapshot, maps.Keys(f.Prints))
		if err != nil {
			return n, false, err
		}
		n.Prints = missing(joined(f.Prints, prints), prints)
	}
	if n.hide, err = p.newHidden(f, bound); err != nil {
		return n, false, err
	}
	n.thaw = p.leaf.frozen && f.Login
	n.IntentDone = f.IntentDone && (p.own || p.shown != 0)
	// A device that has hidden something is known, whoever settled its QUIT.
	n.login = len(n.hide) > 0 && !p.leaf.device || f.Login && (!p.leaf.device || time.Since(time.UnixMilli(p.leaf.lastLogin)).Abs() >= loginInterval)
	any = n.Listing != nil || len(n.Octets) > 0 || n.Formats != nil || len(n.Pins) > 0 || len(n.Keys) > 0 || len(n.Prints) > 0 ||
		len(n.hide) > 0 || n.IntentDone || n.login || n.thaw || len(n.Deletions) > 0
	return n, any, nil
}

// sameListing compares a listing with the remembered one; sizes that have been
// measured are not news where the upstream's estimate comes again.
func (p *Page) sameListing(l translate.Listing) bool {
	old := p.snap.listing
	if p.snap.id == 0 || l.UIDValidity != old.UIDValidity || l.UIDNext != old.UIDNext || l.HighestModSeq != old.HighestModSeq || len(l.Entries) != len(old.Entries) {
		return false
	}
	if len(l.Entries) == 0 || &l.Entries[0] == &old.Entries[0] {
		return true
	}
	return slices.EqualFunc(l.Entries, old.Entries, func(a, b translate.Entry) bool {
		if _, ok := p.snap.measured[a.UID]; ok {
			a.Size = b.Size
		}
		return a == b
	})
}

// newOctets leaves out what is measured already.
func (p *Page) newOctets(f translate.Facts) map[imap.UID]int64 {
	if f.UIDValidity != p.snap.listing.UIDValidity {
		return f.Octets
	}
	return missing(f.Octets, p.snap.measured)
}

func (p *Page) newHidden(f translate.Facts, bound bool) (map[imap.UID]struct{}, error) {
	if len(f.Hide) == 0 {
		return nil, nil
	}
	var old map[imap.UID]struct{}
	var err error
	if bound {
		if old, err = p.store.hidden(p.leaf); err != nil {
			return nil, err
		}
	}
	hide := make(map[imap.UID]struct{})
	for _, r := range f.Hide {
		if r.Start == 0 || r.Stop < r.Start {
			return nil, fmt.Errorf("%v is not a set of messages to hide", f.Hide)
		}
		for uid := r.Start; ; uid++ {
			if _, ok := old[uid]; !ok {
				hide[uid] = struct{}{}
			}
			if uid == r.Stop {
				break
			}
		}
	}
	return hide, nil
}

// missing gives what of add is not in have, or is another value there.
func missing[V comparable](add, have map[imap.UID]V) map[imap.UID]V {
	var out map[imap.UID]V
	for uid, v := range add {
		if old, ok := have[uid]; ok && old == v {
			continue
		}
		if out == nil {
			out = make(map[imap.UID]V)
		}
		out[uid] = v
	}
	return out
}

// write is Record's transaction. It gives the snapshot as it is afterwards, nil
// where it has not changed.
func (p *Page) write(ctx context.Context, tx statements, n news) (*snapshot, error) {
	page, err := lockPage(ctx, tx, p.key.Account, p.key.Maildrop)
	if err != nil {
		return nil, err
	}
	box, err := lockShelf(ctx, tx, p.key)
	if err != nil {
		return nil, err
	}
	if n.Listing != nil || len(n.Octets) > 0 || len(n.Keys) > 0 || len(n.Prints) > 0 {
		if box, err = readShelf(ctx, tx, p.key); err != nil {
			return nil, err
		}
	}
	snap, err := p.writeShelf(ctx, tx, box, n)
	if err != nil {
		return nil, err
	}
	if err := p.writeLeaf(ctx, tx, page, box.mailbox, n); err != nil {
		return nil, err
	}
	if err := p.writeDeletions(ctx, tx, page.page, box.mailbox, n.Deletions); err != nil {
		return nil, err
	}
	if n.IntentDone {
		err = p.settled(ctx, tx)
	}
	return snap, err
}

// writeLeaf writes what belongs to the page and its device.
func (p *Page) writeLeaf(ctx context.Context, tx statements, page leaf, mailbox int64, n news) error {
	if !page.boundTo(mailbox, n.UIDValidity) && n.UIDValidity != 0 {
		vacant, err := vacant(ctx, tx, page)
		if vacant && err == nil && page.mailbox == 0 && n.Formats == nil {
			// Before it is bound to a mailbox that was matched, its unique-ids have to
			// come over.
			var old shelf
			old, err = matchedWith(ctx, tx, mailbox, n.UIDValidity)
			vacant = old.mailbox == 0
		}
		switch {
		case err != nil:
			return err
		case vacant:
			if page, err = bind(ctx, tx, page, mailbox, n.UIDValidity); err != nil {
				return err
			}
		case len(n.hide) > 0 || len(n.Pins) > 0 || n.Formats != nil:
			return errMoved
		}
	}
	if n.Formats != nil && page.formats != n.formats && page.formats != p.leaf.formats && page.formats != "" {
		// They were made of spans that another session has changed since, as after a
		// restored backup: what it wrote down has been shown to devices.
		return translate.Temporary(translate.ErrOvertaken)
	}
	pinned, err := pinTable.save(ctx, tx, page.page, n.Pins)
	if err != nil {
		return err
	}
	if pinned || n.Formats != nil {
		if n.Formats != nil {
			page.formats = n.formats
		}
		err := tx.exec(ctx, "UPDATE pages SET formats = $2, revision = $3 WHERE id = $1", page.page, page.formats, newRevision())
		if err != nil {
			return err
		}
	}
	if n.thaw {
		if err := thaw(ctx, tx, page.page); err != nil {
			return err
		}
	}
	if n.login {
		now := time.Now().UnixMilli()
		err := tx.exec(ctx, `INSERT INTO page_devices (page_id, device, first_login, last_login) VALUES ($1, $2, $3, $4)
			ON CONFLICT (page_id, device) DO UPDATE SET last_login = excluded.last_login`, page.page, p.key.Device, now, now)
		if err != nil {
			return err
		}
	}
	if len(n.hide) == 0 {
		return nil
	}
	hide := func(set map[imap.UID]struct{}) { maps.Copy(set, n.hide) }
	err = editHidden(ctx, tx, page.page, p.key.Device, hide)
	if !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	// A command has forgotten the device in the middle of its session.
	now := time.Now().UnixMilli()
	err = tx.exec(ctx, "INSERT INTO page_devices (page_id, device, first_login, last_login) VALUES ($1, $2, $3, $4)", page.page, p.key.Device, now, now)
	if err != nil {
		return err
	}
	return editHidden(ctx, tx, page.page, p.key.Device, hide)
}

// editHidden changes a device's hidden set. The page's row is locked.
func editHidden(ctx context.Context, tx statements, page int64, device string, edit func(map[imap.UID]struct{})) error {
	var data []byte
	if err := tx.row(ctx, "SELECT hidden FROM page_devices WHERE page_id = $1 AND device = $2", page, device).Scan(&data); err != nil {
		return err
	}
	set, err := decodeUIDs(data)
	if err != nil {
		return err
	}
	if set == nil {
		set = make(map[imap.UID]struct{})
	}
	edit(set)
	return tx.exec(ctx, "UPDATE page_devices SET hidden = $3, revision = $4 WHERE page_id = $1 AND device = $2",
		page, device, encodeUIDs(set), newRevision())
}

// vacant reports whether nothing would be lost if the page belonged to other
// UIDs from now on: it never was served, or its mailbox was empty.
func vacant(ctx context.Context, tx statements, page leaf) (bool, error) {
	if page.mailbox == 0 {
		return true, nil
	}
	old, err := readOld(ctx, tx, page.mailbox, page.validity)
	return old.messages == 0, err
}

// bind makes the page one of (mailbox, validity). What it held for other UIDs
// goes; what was put there before it was ever served stays.
func bind(ctx context.Context, tx statements, page leaf, mailbox int64, validity uint32) (leaf, error) {
	if page.mailbox != 0 {
		if err := pinTable.clear(ctx, tx, page.page); err != nil {
			return page, err
		}
		if err := orderTable.clear(ctx, tx, page.page); err != nil {
			return page, err
		}
		if err := tx.exec(ctx, "UPDATE page_devices SET hidden = NULL, revision = $2 WHERE page_id = $1", page.page, newRevision()); err != nil {
			return page, err
		}
		page.formats = ""
	}
	oldMailbox := page.mailbox
	page.mailbox, page.validity, page.revision = mailbox, validity, newRevision()
	err := tx.exec(ctx, "UPDATE pages SET mailbox_id = $2, uidvalidity = $3, formats = $4, revision = $5 WHERE id = $1",
		page.page, mailbox, int64(validity), page.formats, page.revision)
	switch {
	case err != nil || oldMailbox == 0:
		return page, err
	case oldMailbox == mailbox:
		return page, sweep(ctx, tx, mailbox)
	default:
		return page, abandon(ctx, tx, oldMailbox)
	}
}
