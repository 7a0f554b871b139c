package ledger

import (
	"context"
	"strconv"
	"strings"
	"unicode/utf8"

	"popbridge/proxy/backend"
	"popbridge/proxy/ledger/database"
	"popbridge/translate"
)

// besideMark parts the name of a maildrop from that of a mailbox which it shows besides
// its first, and this from its UIDVALIDITY. No name in a configuration holds it. Each has
// a page of its own, so that the first mailbox's is what it is alone; under another
// UIDVALIDITY it is another page, and the old one is that of a mailbox which has vanished.
const besideMark = "\x1f"

// Beside opens the page of another mailbox of the same maildrop, under the lock of this
// one. What it knows it knows from Known on, which says under which UIDVALIDITY.
func (p *Page) Beside(ctx context.Context, mailbox string) (backend.Page, error) {
	other := &Page{store: p.store, key: p.key, hold: p.hold, beside: true}
	other.key.Mailbox = mailbox
	other.turn(0)
	err := p.ask(ctx, func(ctx context.Context) (err error) {
		box := translate.Box{Upstream: p.key.Upstream, Login: p.key.Login, Mailbox: mailbox}
		other.mailbox, err = p.store.Mailboxes.Read(ctx, p.key.Account, box)
		return err
	})
	if err != nil {
		return nil, err
	}
	if p.others == nil {
		p.others = make(map[string]*Page)
	}
	p.others[mailbox] = other
	return other, nil
}

// turn gives a page beside another the name that it has under a UIDVALIDITY.
func (p *Page) turn(validity uint32) {
	if !p.beside {
		return
	}
	p.key.Maildrop = mainMaildrop(p.key.Maildrop) + besideMark + database.Name(p.key.Mailbox) + besideMark + strconv.FormatUint(uint64(validity), 10)
	p.read = false
}

// mainMaildrop is the maildrop that a page's name belongs to.
func mainMaildrop(page string) string {
	name, _, _ := strings.Cut(page, besideMark)
	return name
}

// besideOf is what the names of all pages of a maildrop beside its first begin with, for
// comparing so many characters of them. LIKE would do it too, but SQLite makes a new plan
// each time that a pattern is bound.
func besideOf(maildrop string) (prefix string, characters int) {
	prefix = mainMaildrop(maildrop) + besideMark
	return prefix, utf8.RuneCountInString(prefix)
}

// ShownMailboxes gives the mailboxes that a maildrop has shown beside its first, where
// that is this one, by name; those that are gone since are among them for a while.
func (s *Store) ShownMailboxes(ctx context.Context, account, maildrop string, first translate.Box) (names []string, err error) {
	beside, characters := besideOf(database.Name(maildrop))
	err = s.db.View().Each(ctx, func(scan func(...any) error) error {
		var name string
		err := scan(&name)
		names = append(names, database.Unname(name))
		return err
	}, `SELECT DISTINCT m.mailbox FROM pages p JOIN mailboxes m ON m.id = p.mailbox_id
		WHERE p.account = $1 AND substr(p.maildrop, 1, $3) = $2 AND m.upstream = $4 AND m.login = $5 AND m.mailbox <> $6 ORDER BY m.mailbox`,
		database.Name(account), beside, characters, database.Name(first.Upstream), database.Name(first.Login), database.Name(first.Mailbox))
	return names, s.db.Explain(err)
}
