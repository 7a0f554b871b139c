package checkup

import (
	"popbridge/proxy/ledger/database"
	"popbridge/proxy/ledger/transfer"
)

// drop adds a row that a repair removes.
func (c *checkup) drop(r transfer.Row, text, cost string) {
	condition, args, words := r.Key()
	c.found(Finding{Table: r.Table, Row: words, Of: c.of(r), Text: text, Cost: cost}, statement{"DELETE FROM " + r.Table + " WHERE " + condition, args})
}

// change adds a row that a repair changes; set is SQL.
func (c *checkup) change(r transfer.Row, set, text, cost string) {
	condition, args, words := r.Key()
	c.found(Finding{Table: r.Table, Row: words, Of: c.of(r), Text: text, Cost: cost}, statement{"UPDATE " + r.Table + " SET " + set + " WHERE " + condition, args})
}

// of names whose a row is, for people.
func (c *checkup) of(r transfer.Row) string {
	switch r.Table {
	case "pages":
		return c.pageOf(r.Number("id"))
	case "page_pins", "page_order", "page_identities":
		return c.pageOf(r.Number("owner"))
	case "page_devices", "intents", "deletions":
		return c.pageOf(r.Number("page_id"))
	case "snapshot_keys", "snapshot_prints":
		return c.mailboxOf("(SELECT mailbox_id FROM snapshots WHERE id = $1)", r.Number("owner"))
	case "mailboxes":
		return c.mailboxOf("$1", r.Number("id"))
	case "snapshots", "copies":
		return c.mailboxOf("$1", r.Number("mailbox_id"))
	case "device_passwords", "revoked_passwords":
		return database.Unname(r.Text("account"))
	}
	return ""
}

// pageOf names an account and its maildrop; empty where the page is not there.
func (c *checkup) pageOf(page int64) string {
	var account, maildrop string
	if c.db.View().Row(c.ctx, "SELECT account, maildrop FROM pages WHERE id = $1", page).Scan(&account, &maildrop) != nil {
		return ""
	}
	return database.Unname(account) + ", maildrop " + database.Unname(maildrop)
}

// mailboxOf names a mailbox, whose id is SQL; empty where it is not there.
func (c *checkup) mailboxOf(id string, arg int64) string {
	var upstream, login, mailbox string
	if c.db.View().Row(c.ctx, "SELECT upstream, login, mailbox FROM mailboxes WHERE id = "+id, arg).Scan(&upstream, &login, &mailbox) != nil {
		return ""
	}
	return database.Unname(mailbox) + " of " + database.Unname(login) + " on upstream " + database.Unname(upstream)
}
