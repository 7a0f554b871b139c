package main

import (
	"fmt"
	"io"
	"strings"

	"popbridge/proxy/ledger"
	"popbridge/translate"
)

// write prints an account for people.
func (a shownAccount) write(w io.Writer, journal []ledger.Entry) error {
	fmt.Fprintf(w, "Account %s\n\nRoutes\n", printable(a.Account))
	if len(a.Routes) == 0 {
		fmt.Fprintln(w, "  none serves it: every login is refused like a wrong password")
	}
	if a.Move != nil {
		fmt.Fprintf(w, "  %s\n", a.Move.words())
	}
	t := newTable(w, "  ")
	for _, r := range a.Routes {
		t.row(fmt.Sprintf("route[%d]", r.Number), r.where(), "->", r.target())
	}
	if err := t.end(); err != nil {
		return err
	}
	for _, m := range a.Maildrops {
		if !m.Beside {
			fmt.Fprintf(w, "\nMaildrop %s\n", m.Maildrop)
		} else {
			fmt.Fprintf(w, "\nMaildrop %s, also\n", m.Maildrop)
		}
		if err := m.write(w); err != nil {
			return err
		}
	}
	fmt.Fprintln(w, "\nDevices")
	if err := deviceTable(w, "  ", a.Devices); err != nil {
		return err
	}
	fmt.Fprintf(w, "\nLast deletions\n")
	if len(journal) == 0 {
		fmt.Fprintln(w, "  none")
		return nil
	}
	return deletionTable(w, "  ", journal)
}

// target says where the route leads.
func (r shownRoute) target() string {
	if r.Action == "refuse" {
		return "refused like a wrong password"
	}
	text := fmt.Sprintf("upstream %s (%s) as %s, maildrop %s", r.Upstream, r.Address, r.Login, r.Maildrop)
	if r.AsDevice != "" {
		text += ", as device " + r.AsDevice
	}
	passwords := map[string]string{
		"upstream": "the upstream's password", "device": "a password of the device's own", "either": "a password of the device's own, or the upstream's",
	}[r.Password]
	return text + "; takes " + passwords + "; after DELE and QUIT a message " + r.Dele
}

// policy is told once, with the maildrop's first mailbox.
func (m shownMaildrop) policy() []string {
	if m.Beside {
		return nil
	}
	return m.Policy
}

func (m shownMaildrop) write(w io.Writer) error {
	t := newTable(w, "  ")
	for i, words := range m.policy() {
		head := " "
		if i == 0 {
			head = "policy"
		}
		t.row(head, words)
	}
	if m.Upstream == "" {
		t.row("mailbox", "never served yet")
		return t.end()
	}
	t.row("mailbox", fmt.Sprintf("%s of %s at upstream %s", m.Mailbox, m.Login, m.Upstream))
	t.row("last listing", fmt.Sprintf("%s, %d octets, UIDVALIDITY %d, UIDNEXT %d", translate.Count(int(m.Messages), "message"), m.Octets, m.UIDValidity, m.UIDNext))
	if m.LeftOut != "" {
		t.row("left out", fmt.Sprintf("UIDs %s: the upstream counts these messages and does not describe them, so devices do not see them", m.LeftOut))
	}
	if m.Frozen != "" {
		t.row("frozen", fmt.Sprintf("since %s logins are refused: the mailbox has another UIDVALIDITY, and %s", at(m.FrozenSince), frozenWords(translate.Freeze(m.Frozen))))
	}
	t.row("unique-ids", m.uniqueIDs())
	t.row("sizes", translate.Count(int(m.Mismatches), "message")+" not as long as the upstream had announced")
	t.row("deletions", unsettled(m.Intents))
	t.row("journal", translate.Count(m.Deletions, "deletion"))
	return t.end()
}

func (m shownMaildrop) uniqueIDs() string {
	var parts []string
	for _, f := range m.Formats {
		parts = append(parts, fmt.Sprintf("%s from UID %d", f.Format, f.From))
	}
	parts = append(parts, translate.Count(m.Pinned, "pinned one"))
	if m.AcceptNewIDs {
		parts = append(parts, "new ones are accepted should the mailbox be rebuilt")
	}
	return strings.Join(parts, "; ")
}

func frozenWords(why translate.Freeze) string {
	if why == translate.FrozenEmpty {
		return "it is empty; after identity_hold it is served all the same"
	}
	return "most of its messages cannot be recognised; see popbridge account accept-new-ids"
}

// unsettled says how many QUITs have begun to delete and are not known to have ended.
func unsettled(open int) string {
	if open == 0 {
		return "all are settled"
	}
	return translate.Count(open, "QUIT") + " being carried out, or interrupted and settled at the next login"
}
