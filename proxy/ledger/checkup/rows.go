package checkup

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"popbridge/proxy/ledger/chunks"
	"popbridge/proxy/ledger/database"
	"popbridge/proxy/ledger/transfer"
	"popbridge/translate"
)

// keyOctets is the length of what is kept of a device's password: SHA-256.
const keyOctets = 32

// lost says what a damaged row of a table held, which goes with it.
var lost = map[string]string{
	"snapshot_keys":   "the content keys of up to 128 messages, which are learned again",
	"snapshot_prints": "what tells up to 128 messages by their content: run migrate match again",
	"match_pairs":     "up to 128 pairs of a mapping: run migrate match again",
	"page_pins":       "up to 128 fixed unique-ids: devices may download these messages again",
	"page_order":      "the places of up to 128 messages on the server that the account has moved from: they are listed in order of UID",
	"page_identities": "what up to 128 messages are recognised by in another mailbox: one that is moved there may be downloaded again",
}

// walk reads every row.
func (c *checkup) walk() error {
	salts := 0
	err := transfer.Walk(c.ctx, c.db, c.Progress, func(r transfer.Row) error {
		c.Rows++
		if r.Wrong != nil {
			_, _, words := r.Key()
			c.found(Finding{Table: r.Table, Row: words, Text: r.Wrong.Error()})
			return nil
		}
		if trial, ok := c.trials[r.Table]; ok {
			if trial.Row(r.Number("chunk"), r.Octets("data")) != nil {
				c.drop(r, "it cannot be read", lost[r.Table])
			}
			return nil
		}
		if r.Table == "device_salt" {
			salts++
		}
		c.row(r)
		return nil
	})
	if c.untried > 0 {
		c.note("%s were not tried, because their keys are not in state.secrets_key", translate.Count(c.untried, "secret"))
	}
	if err == nil && salts != 1 {
		c.found(Finding{Table: "device_salt", Text: fmt.Sprintf("there are %d rows, and must be one: no device password works without it, and none is made anew; restore the ledger from a backup", salts)})
	}
	return err
}

// row tries one row by itself.
func (c *checkup) row(r transfer.Row) {
	switch r.Table {
	case "pages":
		c.page(r)
	case "page_devices":
		if _, err := chunks.DecodeUIDs(r.Octets("hidden")); err != nil {
			c.change(r, "hidden = NULL", "what the device has hidden cannot be read, and its logins are refused", "what the device has hidden, all of which it sees again")
		}
		if text := r.Text("left_out"); text != "" && !json.Valid([]byte(text)) {
			c.change(r, "left_out = ''", "how many messages the device was not shown cannot be read", "this number, which the next login counts again")
		}
	case "intents":
		c.intent(r)
	case "deletions":
		var action translate.OnDelete
		if err := action.UnmarshalText([]byte(r.Text("action"))); err != nil || !uid(r.Number("uid")) || !inBounds(r.Number("uidvalidity")) || !inBounds(r.Number("target_validity")) || !inBounds(r.Number("target_uid")) {
			c.drop(r, fmt.Sprintf("the account's journal cannot be read because of it: action %q, UID %d, UIDVALIDITY %d", r.Text("action"), r.Number("uid"), r.Number("uidvalidity")),
				fmt.Sprintf("this line of the journal: device %q, unique-id %q, Message-ID %q", database.Unname(r.Text("device")), database.Unname(r.Text("unique_id")), r.Text("message_id")))
		}
	case "mailboxes":
		if !inBounds(r.Number("uidvalidity")) {
			c.change(r, "uidvalidity = 0", fmt.Sprintf("UIDVALIDITY is %d, and logins are refused", r.Number("uidvalidity")), "which UIDVALIDITY the mailbox had last: it is listed anew")
		}
	case "snapshots":
		if !uid(r.Number("uidvalidity")) || !inBounds(r.Number("uidnext")) || r.Number("messages") < 0 || r.Number("messages") > chunks.MaxSet {
			c.drop(r, fmt.Sprintf("UIDVALIDITY is %d, UIDNEXT %d, and it has %d messages", r.Number("uidvalidity"), r.Number("uidnext"), r.Number("messages")),
				"a listing and what is known of its messages' content, which is learned again")
		}
	case "copies":
		if !uid(r.Number("uid")) || !inBounds(r.Number("uidvalidity")) || !inBounds(r.Number("target_validity")) {
			c.drop(r, fmt.Sprintf("UID is %d, UIDVALIDITY %d", r.Number("uid"), r.Number("uidvalidity")), "that a message was copied to the trash or archive already: it may be copied again")
		}
	case "device_passwords":
		if len(r.Octets("stored_key")) != keyOctets || len(r.Octets("server_key")) != keyOctets {
			c.drop(r, "the password cannot be checked, and all logins of the account with device passwords are refused", "the password: make a new one with account device add --password")
		}
	case "revoked_passwords":
		if len(r.Octets("stored_key")) != keyOctets {
			c.drop(r, "what is kept of a revoked password is damaged, and all logins of the account with device passwords are refused", "that the log knows this revoked password")
		}
	case "device_salt":
		if len(r.Octets("key")) != keyOctets || r.Number("iterations") < 1 {
			c.found(Finding{Table: r.Table, Text: "the salt of all device passwords is damaged: restore the ledger from a backup"})
		}
	case "secrets":
		kind, account, name := r.Text("kind"), database.Unname(r.Text("account")), database.Unname(r.Text("name"))
		if whole, known := c.Secret(kind, account, name, r.Text("key_id"), r.Octets("data")); known && !whole {
			_, _, words := r.Key()
			c.found(Finding{Table: r.Table, Row: words, Of: account, Text: "it cannot be decrypted, though its key is there; nothing brings it back: give the device a new password, or run account authorize again"})
		} else if !known {
			c.untried++
		}
	case "notices":
		if !json.Valid([]byte(r.Text("data"))) {
			c.drop(r, "it cannot be read, and no notice is delivered", "a notice for operators, about "+database.Unname(r.Text("subject")))
		}
	}
}

func (c *checkup) page(r transfer.Row) {
	spans, err := c.Formats(r.Text("formats"))
	sorted := slices.IsSortedFunc(spans, func(a, b translate.Span) int { return int(int64(a.From) - int64(b.From)) })
	switch {
	case !inBounds(r.Number("uidvalidity")) || !inBounds(r.Number("frozen_validity")):
		c.change(r, "mailbox_id = NULL, uidvalidity = 0, frozen = '', frozen_at = 0, frozen_validity = 0",
			fmt.Sprintf("UIDVALIDITY is %d, that of its freeze %d, and logins are refused", r.Number("uidvalidity"), r.Number("frozen_validity")),
			"which mailbox the maildrop was served from: what devices have hidden is shown again")
	case err != nil || !sorted:
		c.change(r, "formats = ''", "in which format unique-ids were served cannot be read, and logins are refused",
			"the formats: unique-ids that are not fixed get the one that the configuration has now. If that was changed since, devices download messages again")
	}
}

func (c *checkup) intent(r transfer.Row) {
	const cost = "what an interrupted QUIT was to do: the messages that were not deleted yet are shown again, and no mail is lost"
	intent, err := c.Intent(r.Octets("data"))
	switch {
	case err != nil:
		c.drop(r, "what an interrupted QUIT was to do cannot be read", cost)
	case !uid(r.Number("uidvalidity")) || int64(intent.UIDValidity) != r.Number("uidvalidity"):
		c.drop(r, fmt.Sprintf("an interrupted QUIT is kept for UIDVALIDITY %d, and says %d", r.Number("uidvalidity"), intent.UIDValidity), cost)
	default:
		c.note("a QUIT of device %q of %s, with %d messages to delete, is being carried out or was interrupted; then the next login completes it",
			database.Unname(r.Text("device")), c.pageOf(r.Number("page_id")), intent.Plan.Deletes)
	}
}

// uid reports whether a number may be a UID or a UIDVALIDITY (RFC 9051 §2.3.1.1).
func uid(n int64) bool { return n > 0 && inBounds(n) }

// inBounds is uid where 0 is one that is not known.
func inBounds(n int64) bool { return n >= 0 && n <= math.MaxUint32 }
