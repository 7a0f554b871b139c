package imapbox

import (
	"context"
	"fmt"
	"slices"
	"strings"

	goimap "github.com/emersion/go-imap/v2"

	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/imap"
	"popbridge/translate"
)

// shownKey is whose mailboxes a maildrop shows.
type shownKey struct {
	nameKey
	mailbox, exclude string
}

// Shown gives all that the maildrop shows, in the operator's order. They share one
// connection.
func (m *Mailbox) Shown() (all []backend.Shown, first bool) {
	for _, b := range m.named() {
		all = append(all, backend.Shown{Name: imap.DecodeMailbox(b.name), Mailbox: b})
	}
	return all, m.first
}

// named gives the mailboxes that are shown: where none is, the connection belongs to one
// without a name.
func (m *Mailbox) named() (shown []*Mailbox) {
	for _, b := range m.boxes {
		if b.name != "" {
			shown = append(shown, b)
		}
	}
	return shown
}

// resolveAll settles which mailboxes a maildrop of several shows. Patterns are looked up
// each time, in the flight that asks for the STATUS of what was shown last; names alone
// cost what they cost where one mailbox is shown.
func (m *Mailbox) resolveAll(ctx context.Context) error {
	d := m.req.Maildrop
	key := shownKey{nameKey{m.req.Upstream.Name, m.req.Account}, d.Mailbox.String(), strings.Join(d.Exclude, ", ")}
	n, err := m.pool.accountNames(ctx, m.conn, m.req.request())
	if err != nil {
		return refusal(*m.req.Upstream, "listing mailboxes", err)
	}
	m.pool.mu.Lock()
	// STATUS of the selected mailbox may be old news (RFC 9051 §6.3.11), and NOOP has told.
	before := slices.DeleteFunc(slices.Clone(m.pool.shown[key]), func(name string) bool { return name == m.conn.name })
	m.pool.mu.Unlock()
	list := slices.ContainsFunc(append(slices.Clone(d.Exclude), d.Mailbox...), configs.IsPattern)
	proof := m.conn.proof()
	boxes, told, err := m.survey(ctx, list, before)
	if err != nil {
		return refusal(*m.req.Upstream, "listing mailboxes", err)
	}
	if list {
		n = namesOf(n.prefix, boxes)
		m.pool.keepNames(m.conn, m.req.request(), n)
	}
	shown, err := m.shownOf(n, boxes)
	if err != nil && !list {
		// It may have been made since names were listed last.
		m.pool.forgetNames(m.req.request())
		if n, lerr := m.pool.accountNames(ctx, m.conn, m.req.request()); lerr == nil {
			shown, err = m.shownOf(n, nil)
		}
	}
	if err != nil {
		return err
	}
	if err := m.findTargets(n); err != nil {
		return err
	}
	if err := m.checkShown(shown); err != nil {
		return err
	}
	m.pool.mu.Lock()
	if len(m.pool.shown) >= maxNames {
		clear(m.pool.shown)
	}
	m.pool.shown[key] = shown
	m.pool.mu.Unlock()
	m.show(shown)
	for _, b := range m.boxes {
		if proof != nil && b.name == proof.name {
			b.proof = proof
		}
		if i := slices.Index(before, b.name); i >= 0 {
			b.hint = told[i]
		}
	}
	return nil
}

// survey asks for the account's mailboxes, if it is to, and for the STATUS of some, as far
// as the server tells what its extensions add. Without CONDSTORE no STATUS tells of flags,
// so it looks into each of them too, in the same flight.
func (m *Mailbox) survey(ctx context.Context, list bool, names []string) (boxes []imap.Mailbox, told []*imap.Status, err error) {
	visiting := !m.conn.caps.Has(goimap.CapCondStore) && len(names) > 0
	if visiting {
		m.conn.leave()
	}
	err = m.conn.insist(ctx, goimap.CapListExtended, func() (err error) {
		o := imap.SurveyOptions{List: list, SpecialUse: m.conn.caps.Has(goimap.CapSpecialUse), ModSeq: m.conn.caps.Has(goimap.CapCondStore)}
		if visiting {
			o.Visit = flagged()
		}
		boxes, told, err = m.conn.wire.Survey(ctx, o, names)
		return err
	})
	if last := len(names) - 1; err == nil && visiting && told[last] != nil {
		m.conn.selected, m.conn.name = told[last].Visited, names[last]
	}
	return boxes, told, err
}

// show makes a Mailbox of every name, this one of the first.
func (m *Mailbox) show(shown []string) {
	server, missing := m.server, m.missing
	for i, name := range shown {
		b := m
		if i > 0 {
			b = m.pool.newMailbox(m.req.request(), m.shared)
			b.first = false
		}
		b.name, b.server, b.missing, b.server.Mailbox = name, server, missing, name
	}
}

// checkShown refuses what cannot be served.
func (m *Mailbox) checkShown(shown []string) error {
	d := m.req.Maildrop
	if len(shown) > d.MaxMailboxes && d.MaxMailboxes > 0 {
		return translate.Permanent(fmt.Errorf("maildrop.%s.mailbox shows %d mailboxes of account %.128q; max_mailboxes is %d: narrow the patterns, or raise it", d.Name, len(shown), m.req.Account, d.MaxMailboxes))
	}
	use := d.OnDelete.Target()
	if target := m.server.Target(use); use != "" && slices.Contains(shown, target) {
		return translate.Permanent(fmt.Errorf("maildrop.%s shows %q, where on_delete = %q moves what devices delete, so they would get it again: add it to exclude, or choose another on_delete",
			d.Name, imap.DecodeMailbox(target), d.OnDelete))
	}
	return nil
}

// shownOf gives the names of the mailboxes that are shown, the maildrop's first in front.
// A name that is written out has to be there; a special use or a pattern need not.
func (m *Mailbox) shownOf(n names, boxes []imap.Mailbox) (shown []string, err error) {
	d := m.req.Maildrop
	excluded := make(map[string]bool)
	for _, wanted := range d.Exclude {
		found, _, err := n.findAll(wanted, boxes)
		if err != nil {
			return nil, translate.Permanent(fmt.Errorf("maildrop.%s.exclude: %w", d.Name, err))
		}
		for _, name := range found {
			excluded[name] = true
		}
	}
	seen := make(map[string]bool)
	for _, wanted := range d.Mailbox {
		found, exists, err := n.findAll(wanted, boxes)
		if err != nil {
			return nil, translate.Permanent(fmt.Errorf("maildrop.%s.mailbox: %w", d.Name, err))
		}
		if !exists && !configs.IsPattern(wanted) && !strings.HasPrefix(wanted, `\`) {
			return nil, translate.Permanent(fmt.Errorf("maildrop.%s.mailbox: account %.128q has no mailbox %q", d.Name, m.req.Account, wanted))
		}
		for _, name := range found {
			if !seen[name] && !excluded[name] {
				seen[name] = true
				shown = append(shown, name)
			}
		}
	}
	return m.firstInFront(n, shown), nil
}

// firstInFront moves the maildrop's first mailbox to the front, where it is shown.
func (m *Mailbox) firstInFront(n names, shown []string) []string {
	name, exists, err := n.find(m.req.Maildrop.Mailbox.First())
	i := slices.Index(shown, name)
	if m.first = err == nil && exists && i >= 0; m.first {
		copy(shown[1:i+1], shown[:i])
		shown[0] = name
	}
	return shown
}

// findAll gives the mailboxes that an operator means: those that a pattern matches, or
// the one of a name or special use; exists is false where that is not there.
func (n names) findAll(wanted string, boxes []imap.Mailbox) (found []string, exists bool, err error) {
	if !configs.IsPattern(wanted) {
		name, exists, err := n.find(wanted)
		if err == nil && !exists && n.delimiter != 0 && n.delimiter != '/' {
			name, exists, err = n.find(strings.ReplaceAll(wanted, "/", string(n.delimiter)))
		}
		if !exists {
			return nil, false, err
		}
		return []string{name}, true, err
	}
	for _, b := range boxes {
		if selectable(b) && n.matches(wanted, b) {
			found = append(found, b.Name)
		}
	}
	slices.Sort(found)
	return found, len(found) > 0, nil
}

// matches compares a mailbox with a pattern, by its whole name and by that below the
// personal namespace.
func (n names) matches(pattern string, b imap.Mailbox) bool {
	if translate.MatchMailbox(pattern, imap.DecodeMailbox(b.Name), b.Delimiter) {
		return true
	}
	below, ok := strings.CutPrefix(b.Name, n.prefix)
	return ok && n.prefix != "" && translate.MatchMailbox(pattern, imap.DecodeMailbox(below), b.Delimiter)
}
