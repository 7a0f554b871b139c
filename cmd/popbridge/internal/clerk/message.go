package clerk

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"popbridge/configs"
	"popbridge/proxy/admin/desk"
	"popbridge/proxy/ledger"
	"popbridge/proxy/route"
)

// Message is desk.Service's.
func (c *Clerk) Message(ctx context.Context, name, id string) (m desk.Message, err error) {
	account, err := c.AccountName(name)
	switch {
	case err != nil:
		return m, err
	case id == "":
		return m, invalid(errors.New("say which message: its Message-ID, such as <1@example.org>, or its unique-id as UIDL shows it"))
	}
	known, err := c.Store.Account(ctx, account)
	if err != nil {
		return m, unknown(err)
	}
	m = desk.Message{Account: account, Asked: id, Deletions: []desk.MessageDeletion{}, Others: []string{}}
	entries, err := c.Store.Deletions(ctx, account, ledger.Filter{ID: id, Last: desk.MaxDeletions})
	if err != nil {
		return m, err
	}
	slices.Reverse(entries)
	for i, line := range listed(entries) {
		d := desk.MessageDeletion{Deletion: line, HiddenFrom: []string{}}
		e := entries[i]
		from, err := c.Store.HiddenFrom(ctx, account, e.Page, e.UIDValidity, e.UID)
		if err != nil {
			return m, err
		}
		d.HiddenFrom = append(d.HiddenFrom, from...)
		d.Explain()
		m.Deletions = append(m.Deletions, d)
	}
	was, err := c.Store.Progress.MoveOf(ctx, account)
	if err != nil {
		return m, err
	}
	if !was.Disabled.IsZero() {
		m.Others = append(m.Others, "the account is disabled, so that no device sees anything")
	}
	cfg, err := c.RoutesOf(ctx, account)
	if err != nil {
		cfg = c.Config() // a directory that is away hides nothing else
	}
	m.Others = append(m.Others, others(cfg, known)...)
	return m, nil
}

// others are what may keep messages of an account from its devices.
func others(cfg *configs.Config, known ledger.AccountDetails) (words []string) {
	for _, p := range known.Pages {
		of := "maildrop " + p.Maildrop
		if drop, ok := cfg.Maildrop[route.Block(p.Maildrop)]; ok && !p.Beside {
			words = append(words, of+": "+policyWords(drop)[0])
		}
		if p.Frozen != "" {
			words = append(words, fmt.Sprintf("%s: its mailbox %s is held back, so that no device sees anything", of, p.Mailbox))
		}
		if len(p.LeftOut) > 0 {
			words = append(words, fmt.Sprintf("%s: the upstream counts these messages of %s and does not describe them: UIDs %s", of, p.Mailbox, p.LeftOut))
		}
		for _, d := range p.Devices {
			if d.LeftOut.Sum() == 0 {
				continue
			}
			device := "device " + d.Name
			if d.Name == "" {
				device = "logins without a device's name"
			}
			words = append(words, fmt.Sprintf("%s: at the last login %s was not shown %d of its messages: %s", of, device, d.LeftOut.Sum(), d.LeftOut))
		}
	}
	return words
}
